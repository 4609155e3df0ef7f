"""Neural networks that are sparse from the first step of training to the last.

``from ctre import SparseMLPClassifier`` is where to begin. Importing this package loads nothing:
public names are fetched when they are first used, so that ``import ctre`` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctre.datasets import load as load_dataset
    from ctre.datasets import make_madelon
    from ctre.estimators import (
        DEFAULT_PROTOCOL,
        PAPER_PROTOCOL,
        PROTOCOLS,
        SparseMLPClassifier,
        SparseMLPRegressor,
    )
    from ctre.methods import (
        Batches,
        FromInputs,
        GradualPruning,
        HasStalled,
        IsPast,
        LeastSimilar,
        Method,
        MostSimilar,
        NearestZeroEachSign,
        Random,
        RandomDrop,
        Recipe,
        ReplaceRegrown,
        Sample,
        Share,
        SmallestMagnitude,
        Switch,
        Timing,
        reads,
    )
    from ctre.persistence import load_model, save_model
    from ctre.tables import TableEncoder, column_importances, make_table_pipeline
    from ctre.training import Callback, Checkpoint, ScoreCurve, StopTraining

_HOMES = {
    "ctre.estimators": (
        "DEFAULT_PROTOCOL", "PAPER_PROTOCOL", "PROTOCOLS", "SparseMLPClassifier",
        "SparseMLPRegressor",
    ),
    "ctre.methods": (
        "Batches", "FromInputs", "GradualPruning", "HasStalled", "IsPast", "LeastSimilar", "Method",
        "MostSimilar", "NearestZeroEachSign", "Random", "RandomDrop", "Recipe", "ReplaceRegrown",
        "Sample", "Share", "SmallestMagnitude", "Switch", "Timing", "reads",
    ),
    "ctre.training": ("Callback", "Checkpoint", "ScoreCurve", "StopTraining"),
    "ctre.persistence": ("load_model", "save_model"),
    "ctre.tables": ("TableEncoder", "column_importances", "make_table_pipeline"),
    "ctre.datasets": ("make_madelon",),
}  # fmt: skip
_MODULES = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DEFAULT_PROTOCOL",
    "PAPER_PROTOCOL",
    "PROTOCOLS",
    "Batches",
    "Callback",
    "Checkpoint",
    "FromInputs",
    "GradualPruning",
    "HasStalled",
    "IsPast",
    "LeastSimilar",
    "Method",
    "MostSimilar",
    "NearestZeroEachSign",
    "Random",
    "RandomDrop",
    "Recipe",
    "ReplaceRegrown",
    "Sample",
    "ScoreCurve",
    "Share",
    "SmallestMagnitude",
    "SparseMLPClassifier",
    "SparseMLPRegressor",
    "StopTraining",
    "Switch",
    "TableEncoder",
    "Timing",
    "__version__",
    "column_importances",
    "load_dataset",
    "load_model",
    "make_madelon",
    "make_table_pipeline",
    "reads",
    "save_model",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("ctre")
    if name == "load_dataset":
        return importlib.import_module("ctre.datasets").load
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'ctre' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
