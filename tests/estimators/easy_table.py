"""An easy table for tests: 300 rows, 3 classes, and only the first 4 of 20 columns matter."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_classification

from ctre import SparseMLPClassifier

X, y = make_classification(
    300,
    20,
    n_informative=4,
    n_redundant=0,
    n_classes=3,
    n_clusters_per_class=1,
    class_sep=2,
    shuffle=False,
    random_state=0,
)
X = X.astype(np.float32)
names = np.array(["ant", "bee", "cat"])[y]


def classifier(**options):
    settings = {
        "hidden_layer_sizes": (30, 20),
        "epsilon": 3,
        "batch_size": 20,
        "max_iter": 15,
        "scaling": "none",
        "drop_fraction": 0.2,
        "alpha": 1e-4,
        "validation_fraction": 0.1,
        "random_state": 0,
    }
    return SparseMLPClassifier(**settings | options)


def assert_same_fit(a, b):
    for one, other in zip(a.network_.layers, b.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)
        np.testing.assert_array_equal(one.weights, other.weights)
        np.testing.assert_array_equal(one.biases, other.biases)
