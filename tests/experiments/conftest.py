"""A small problem that is learned in a moment, and networks written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctre.datasets import Dataset
from ctre.experiments import StudyData
from ctre.network import SparseLayer, SparseNetwork
from ctre.preprocessing import Scaling
from ctre.topology import Topology


@pytest.fixture
def toy():
    """Three clouds of points in ten dimensions, of which the first three tell them apart."""
    rng = np.random.default_rng(0)
    y = np.arange(360) % 3
    X = rng.normal(size=(360, 10)).astype(np.float32)
    X[np.arange(360), y] += 4
    names = np.array(["ash", "elm", "oak"])[y]
    X = Scaling.fit("standard", X[:240]).apply(X)
    return StudyData.of(Dataset("toy", X[:240], names[:240], X[240:], names[240:]))


@pytest.fixture
def network_of():
    """Build a network from one dense (n_pre, n_post) array a layer; 0 stands for no connection."""

    def build(*matrices, biases=None, activation="relu"):
        layers = []
        for number, matrix in enumerate(matrices):
            by_post = np.asarray(matrix, dtype=np.float32).T
            n_post, n_pre = by_post.shape
            keys = np.flatnonzero(by_post)
            bias = np.zeros(n_post) if biases is None else np.asarray(biases[number])
            layers.append(
                SparseLayer(
                    Topology.from_keys(n_pre, n_post, keys),
                    by_post.ravel()[keys],
                    bias.astype(np.float32),
                )
            )
        return SparseNetwork(layers, activation, "softmax_cross_entropy")

    return build
