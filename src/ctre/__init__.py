"""Neural networks that are sparse from the first step of training to the last.

``from ctre import SparseMLPClassifier`` is where to begin. Importing this package loads nothing:
public names are fetched when they are first used, so that ``import ctre`` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctre.estimators import (
        DEFAULT_PROTOCOL,
        PAPER_PROTOCOL,
        PROTOCOLS,
        SparseMLPClassifier,
    )

_HOMES = {
    "DEFAULT_PROTOCOL": "ctre.estimators",
    "PAPER_PROTOCOL": "ctre.estimators",
    "PROTOCOLS": "ctre.estimators",
    "SparseMLPClassifier": "ctre.estimators",
}

__all__ = [
    "DEFAULT_PROTOCOL",
    "PAPER_PROTOCOL",
    "PROTOCOLS",
    "SparseMLPClassifier",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("ctre")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'ctre' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
