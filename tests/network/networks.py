"""Small networks with weights of either sign and biases that matter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ctre.network import SparseLayer, SparseNetwork
from ctre.topology import Topology

SIZES = (6, 9, 8, 4)


def float32(values):
    return np.asarray(values, dtype=np.float32)


def network(rng, sizes=SIZES, activation="relu", loss="softmax_cross_entropy", density=0.5):
    layers = []
    for n_pre, n_post in pairwise(sizes):
        topology = Topology.random(n_pre, n_post, max(1, int(density * n_pre * n_post)), rng)
        layers.append(
            SparseLayer(
                topology,
                float32(rng.standard_normal(topology.n_connections)),
                float32(rng.standard_normal(n_post)),
            )
        )
    return SparseNetwork(layers, activation, loss)


def dense_weights(network):
    """Give the weights (n_pre, n_post) of every layer as dense float64 arrays."""
    return [np.float64(matrix.toarray()) for matrix in network.coefs]
