"""Estimators that live among scikit-learn's; fetched when first used, as in `ctre`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctre.estimators.classifier import SparseMLPClassifier
    from ctre.estimators.protocols import DEFAULT_PROTOCOL, PAPER_PROTOCOL, PROTOCOLS
    from ctre.estimators.regressor import SparseMLPRegressor

_HOMES = {
    "DEFAULT_PROTOCOL": "ctre.estimators.protocols",
    "PAPER_PROTOCOL": "ctre.estimators.protocols",
    "PROTOCOLS": "ctre.estimators.protocols",
    "SparseMLPClassifier": "ctre.estimators.classifier",
    "SparseMLPRegressor": "ctre.estimators.regressor",
}

__all__ = [
    "DEFAULT_PROTOCOL",
    "PAPER_PROTOCOL",
    "PROTOCOLS",
    "SparseMLPClassifier",
    "SparseMLPRegressor",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'ctre.estimators' has no attribute {name!r}")
