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
from ctre.network import SparseLayer, SparseNetwork
from ctre.training import LabelledRows, observe

Criterion: TypeAlias = Callable[[SparseNetwork, Samples, np.random.Generator], list[FloatArray]]
"""(network, rows to measure activity on, generator) -> importance (n_connections,) per layer."""

_SPARSE_FROM = 2 / 3  # share removed from which the sparse kernels beat BLAS on a full network


def by_magnitude(
    network: SparseNetwork,
    samples: Samples,  # noqa: ARG001
    rng: np.random.Generator,  # noqa: ARG001
) -> list[FloatArray]:
    """Give the magnitude of every weight."""
    return [np.abs(layer.weights) for layer in network.layers]


def by_cosine(
    network: SparseNetwork,
    samples: Samples,
    rng: np.random.Generator,  # noqa: ARG001
) -> list[FloatArray]:
    """Give the cosine similarity of the two neurons of every connection."""
    nobody = np.zeros(samples.shape[0], dtype=np.int32)  # no error signals, no targets
    evidence = observe(network, LabelledRows(samples, nobody), cosine.reads, n_threads=1)
    return [
        scores_at(cosine(of_layer), layer.topology)
        for layer, of_layer in zip(network.layers, evidence, strict=True)
    ]


def at_random(
    network: SparseNetwork,
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
    network: SparseNetwork,
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
    network : SparseNetwork
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
    Every step costs a prediction of all rows. Connections are zeroed until two thirds have left,
    which keeps a dense network on BLAS; then they are taken out, and time falls with them.
    """
    layers = network.layers
    turns = [np.argsort(values, kind="stable") for values in importances]
    for step in range(n_steps + 1):
        leaving = [turn[: round(step / n_steps * len(turn))] for turn in turns]
        pruned = [_without(*both) for both in zip(layers, leaving, strict=True)]
        scores = SparseNetwork(pruned, network.activation, network.loss).scores(samples, n_threads)
        yield float(np.mean(scores.argmax(axis=1) == labels))


def _without(layer: SparseLayer, leaving: NDArray[Any]) -> SparseLayer:
    """Give the layer without the connections at some positions, as prediction sees it."""
    if len(leaving) < _SPARSE_FROM * len(layer.weights):  # zeros, so that a full layer stays full
        weights = layer.weights.copy()
        weights[leaving] = 0
        return SparseLayer(layer.topology, weights, layer.biases)
    leaving = np.sort(leaving)
    return SparseLayer(
        layer.topology.without(leaving), np.delete(layer.weights, leaving), layer.biases
    )
