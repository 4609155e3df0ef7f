"""The work that every rival does: generated rows, a sparse network, and how it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ctre._typing import FloatArray, IndexArray
from ctre.kernels import SGD
from ctre.network import SparseLayer, SparseNetwork
from ctre.topology import Topology

BATCH_SIZE = 100
OPTIMIZER = SGD(learning_rate=0.01, momentum=0.9, nesterov=True, l2=1e-4)

MNIST_SIZES = (784, 1000, 1000, 1000, 10)
MNIST_ROWS = 54_000  # 60,000 less a tenth for validation
MADELON_SIZES = (500, 1000, 1000, 1000, 2)
MADELON_ROWS = 1_800
CIFAR_SIZES = (3072, 1024, 512, 10)


@dataclass(frozen=True, eq=False)
class Work:
    """Rows, their classes, and the network that a trainer begins with (and never changes)."""

    samples: FloatArray
    labels: IndexArray
    network: SparseNetwork
    batch_size: int = BATCH_SIZE

    @classmethod
    def generate(
        cls,
        layer_sizes: Sequence[int],
        counts: Sequence[int],
        n_rows: int,
        batch_size: int = BATCH_SIZE,
    ) -> Work:
        """Draw rows and a network."""
        network = _network(layer_sizes, counts, np.random.default_rng(1))
        return cls(*generate_rows(layer_sizes, n_rows), network, batch_size)

    @property
    def counts(self) -> tuple[int, ...]:
        """Connections of each layer."""
        return self.network.n_connections


def generate_rows(layer_sizes: Sequence[int], n_rows: int) -> tuple[FloatArray, IndexArray]:
    """Draw rows in [0, 1] around one random prototype per class, and their classes."""
    rng = np.random.default_rng(0)
    n_features, n_classes = layer_sizes[0], layer_sizes[-1]
    prototypes = rng.random((n_classes, n_features), dtype=np.float32)
    labels = rng.integers(n_classes, size=n_rows, dtype=np.int32)
    samples = rng.random((n_rows, n_features), dtype=np.float32)
    samples += prototypes[labels]
    samples /= 2
    return samples, labels


def _network(
    layer_sizes: Sequence[int], counts: Sequence[int], rng: np.random.Generator
) -> SparseNetwork:
    layers = []
    for (n_pre, n_post), count in zip(pairwise(layer_sizes), counts, strict=True):
        topology = Topology.random(n_pre, n_post, count, rng)
        # He's limit for the true fan-in: the loss falls within a few batches, at any density.
        limit = np.sqrt(6 * n_post / count)
        weights = rng.uniform(-limit, limit, count).astype(np.float32)
        layers.append(SparseLayer(topology, weights, np.zeros(n_post, dtype=np.float32)))
    return SparseNetwork(layers, "relu", "softmax_cross_entropy")
