"""Named settings: frozen tables of estimator keywords, and nothing else knows of them.

``SparseMLPClassifier(**PAPER_PROTOCOL | {"method": "ctre-sim"})`` trains as the paper did.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sklearn.model_selection import ShuffleSplit

PAPER_PROTOCOL: Mapping[str, Any] = MappingProxyType(
    {
        "activation": "relu",
        "solver": "sgd",
        "alpha": 1e-4,
        "batch_size": 100,
        "learning_rate": "constant",
        "learning_rate_init": 0.01,
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "max_iter": 500,
        "drop_fraction": 0.2,
        "drop_fraction_schedule": "constant",
        "update_interval": 1,
        "update_until": 1.0,
        "patience": 40,
        "similarity_samples": None,
        "similarity_candidates": None,
        "weight_init": "uniform",
        "validation_fraction": 0.1,
        "validation_split": ShuffleSplit(n_splits=1, test_size=0.1, random_state=42),
    }
)
"""The settings of the paper's experiments (section 4.1.1 and its published code)."""

DEFAULT_PROTOCOL: Mapping[str, Any] = MappingProxyType(
    {
        "method": "ctre-seq",
        "activation": "relu",
        "solver": "sgd",
        "alpha": 1e-4,
        "batch_size": 100,
        "learning_rate": "cosine",
        "learning_rate_init": 0.05,
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "max_iter": 200,
        "drop_fraction": 0.2,
        "drop_fraction_schedule": "cosine",
        "update_interval": 1,
        "update_until": 1.0,
        "patience": 40,
        "similarity_samples": 128,
        "similarity_candidates": None,
        "weight_init": "normal",
        "validation_fraction": 0.1,
        "validation_split": None,
    }
)
"""What a user gets who sets nothing: the defaults of the estimators."""

PROTOCOLS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"default": DEFAULT_PROTOCOL, "paper": PAPER_PROTOCOL}
)
