"""Small fits for tests: standard-normal features, so that no two scores are nearly equal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.model_selection import PredefinedSplit

from ctre import SparseMLPClassifier
from ctre.methods import RECIPES

N_FEATURES, HIDDEN, N_CLASSES, N_EPOCHS = 12, (20, 15), 3, 6
SIZES = (N_FEATURES, *HIDDEN, N_CLASSES)
BUDGETS = (64, 70, 36)  # epsilon = 2
PLACES = tuple(n_pre * n_post for n_pre, n_post in pairwise(SIZES))

rng = np.random.default_rng(12)
X = rng.standard_normal((130, N_FEATURES)).astype(np.float32)
y = (X[:, :N_CLASSES] + 0.5 * rng.standard_normal((130, N_CLASSES))).argmax(axis=1)
VALIDATION = np.arange(100, 130)
TRAIN = np.arange(100)
LAST_THIRTY = PredefinedSplit(np.repeat([-1, 0], [100, 30]))

every_recipe = pytest.mark.parametrize("method", [recipe.name for recipe in RECIPES])
evolving = [recipe.name for recipe in RECIPES if recipe.method is not None]
growing = [name for name in evolving if name != "magnitude"]


def classifier(method="set", **options):
    """Give a quick one; with a patience that runs out on the way."""
    settings = {
        "hidden_layer_sizes": HIDDEN,
        "epsilon": 2,
        "batch_size": 30,
        "learning_rate": "cosine",
        "learning_rate_init": 0.05,
        "max_iter": N_EPOCHS,
        "patience": 2,
        "similarity_samples": 40,
        "validation_split": LAST_THIRTY,
        "random_state": 0,
        "scaling": "none",
        "drop_fraction": 0.2,
        "alpha": 1e-4,
    }
    return SparseMLPClassifier(**settings | {"method": method} | options)


def fit(method="set", **options):
    return classifier(method, **options).fit(X, y)


def assert_same_network(a, b):
    """Compare two fitted classifiers bit for bit."""
    for one, other in zip(a.network_.layers, b.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)
        np.testing.assert_array_equal(one.weights, other.weights)
        np.testing.assert_array_equal(one.biases, other.biases)


def what_was_learned(history):
    """Give everything of the records but the seconds."""
    names = [name for name in history[0].__slots__ if not name.startswith("seconds")]
    return [[getattr(record, name) for name in names] for record in history]
