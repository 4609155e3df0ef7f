"""Taking a trained network apart: how accurate it stays while its connections leave.

Every step takes the same share of the connections of every layer, as training drops them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre._typing import FloatArray
from ctre.kernels import Samples
from ctre.methods.similarity import cosine, scores_at
from ctre.network import DenseNetwork, SparseLayer, SparseNetwork
from ctre.network.dense import DenseLayer
from ctre.topology import Topology
from ctre.training import Validation

Network: TypeAlias = SparseNetwork | DenseNetwork
Criterion: TypeAlias = Callable[[Network, Samples, np.random.Generator], list[FloatArray]]
"""(network, rows to measure activity on, generator) -> importance (n_connections,) per layer."""

_BLAS_DENSITY = 1 / 3  # from here on BLAS is faster than the kernels for sparse layers


def by_magnitude(
    network: Network,
    samples: Samples,  # noqa: ARG001
    rng: np.random.Generator,  # noqa: ARG001
) -> list[FloatArray]:
    """Give the magnitude of every weight."""
    return [np.abs(layer.weights) for layer in network.layers]


def by_cosine(
    network: Network,
    samples: Samples,
    rng: np.random.Generator,  # noqa: ARG001
) -> list[FloatArray]:
    """Give the cosine similarity of the two neurons of every connection."""
    network = SparseNetwork(network.layers, network.activation, network.loss)
    return [
        scores_at(cosine(before, after), layer.topology)
        for layer, (before, after) in zip(
            network.layers, network.lend_activations(samples), strict=True
        )
    ]


def at_random(
    network: Network,
    samples: Samples,  # noqa: ARG001
    rng: np.random.Generator,
) -> list[FloatArray]:
    """Give every connection a random number."""
    return [rng.random(n, dtype=np.float32) for n in network.n_connections]


CRITERIA: Mapping[str, Criterion] = MappingProxyType(
    {"magnitude": by_magnitude, "cosine": by_cosine, "random": at_random}
)
"""How important a connection is, by name."""


def accuracies_while_pruning(
    network: Network,
    importances: Sequence[FloatArray],
    samples: Samples,
    labels: NDArray[np.int32],
    *,
    n_steps: int = 100,
    n_threads: int = 1,
) -> Iterator[float]:
    """Remove the connections of every layer in equal steps, until none is left.

    Parameters
    ----------
    network : SparseNetwork or DenseNetwork
        A trained classifier; it is not modified.
    importances : sequence of float32 arrays of shape (n_connections,)
        One for each layer, in key order: the lowest leave first, of equal ones the lower key.
        Negated, they take the most important connections first.
    samples, labels : arrays of shape (n_rows, n_features) and (n_rows,)
        Rows to measure accuracy on, and the positions of their classes.
    n_steps : int, default=100
        Steps from all connections to none.
    n_threads : int, default=1
        The result does not depend on it.

    Yields
    ------
    float
        Accuracy in [0, 1]: of the whole network first, of its biases alone last.

    Notes
    -----
    Every step costs a prediction of all rows: on BLAS while more than a third of all places is
    connected, else by the kernels for sparse layers, whose time falls with the connections.
    """
    layers = network.layers
    turns = [np.argsort(values, kind="stable") for values in importances]
    judge = Validation(samples, labels)
    for step in range(n_steps + 1):
        remaining = [np.sort(turn[round(step / n_steps * len(turn)) :]) for turn in turns]
        pruned = _restricted(layers, remaining, network)
        yield judge.judge(pruned, n_threads).score


def _restricted(
    layers: Sequence[SparseLayer], remaining: Sequence[NDArray[Any]], network: Network
) -> Network:
    """Give the network that has the connections at ``remaining``, positions in each layer."""
    n_places = sum(layer.topology.n_places for layer in layers)
    if sum(map(len, remaining)) > _BLAS_DENSITY * n_places:
        dense = [_dense_layer(*both) for both in zip(layers, remaining, strict=True)]
        return DenseNetwork(dense, network.activation, network.loss)
    sparse = [_sparse_layer(*both) for both in zip(layers, remaining, strict=True)]
    return SparseNetwork(sparse, network.activation, network.loss)


def _sparse_layer(layer: SparseLayer, remaining: NDArray[Any]) -> SparseLayer:
    old = layer.topology
    topology = Topology.from_keys(old.n_pre, old.n_post, old.keys[remaining])
    return SparseLayer(topology, layer.weights[remaining], layer.biases)


def _dense_layer(layer: SparseLayer, remaining: NDArray[Any]) -> DenseLayer:
    topology = layer.topology
    weights = np.zeros((topology.n_post, topology.n_pre), dtype=np.float32)
    weights.ravel()[topology.keys[remaining]] = layer.weights[remaining]
    return DenseLayer(weights.T, layer.biases)
