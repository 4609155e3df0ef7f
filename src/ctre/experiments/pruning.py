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
from ctre.estimators import SparseMLPClassifier
from ctre.experiments.data import StudyData
from ctre.experiments.result import PrunePoint
from ctre.kernels import Samples
from ctre.methods.similarity import cosine, scores_at
from ctre.network import SparseLayer, SparseNetwork
from ctre.randomness import stream
from ctre.training import LabelledRows, observe

Criterion: TypeAlias = Callable[[SparseNetwork, Samples, np.random.Generator], list[FloatArray]]
"""(network, rows to measure activity on, generator) -> importance (n_connections,) per layer."""

ORDERS = ("least-first", "most-first")
"""Which end of the importances leaves first."""
ANY_ORDER = "any"
"""Chance knows neither least nor most."""

_ORDERS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"magnitude": ORDERS, "cosine": ORDERS, "random": (ANY_ORDER,)}
)
N_CURVES = sum(map(len, _ORDERS_OF.values()))
"""How many ways there are to take a network apart."""

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


def take_apart(
    model: SparseMLPClassifier,
    data: StudyData,
    seed: int,
    n_steps: int,
) -> Iterator[PrunePoint]:
    """Take the network of a fitted estimator apart in every way there is.

    By magnitude and by cosine similarity, the least and the most important connections first, and
    at random. Similarity is measured on as many training rows as in training.

    Parameters
    ----------
    model : SparseMLPClassifier
        Fitted; it is not modified.
    data : StudyData
        What it was trained on, and what it is tested on.
    seed : int
        Decides the rows, and the random order.
    n_steps : int
        Steps from all connections to none; 0 for not at all.

    Yields
    ------
    PrunePoint
        The first is the whole network.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, section 5.2, figure 4.
    """
    if not n_steps:
        return
    rng = stream(np.random.SeedSequence(seed), "pruning")
    rows = rng.choice(data.X_train.shape[0], size=model.similarity_samples_, replace=False)
    samples = model.scaling_.apply(data.X_train[np.sort(rows)])
    test_rows = model.scaling_.apply(data.X_test)
    labels = np.searchsorted(model.classes_, data.y_test).astype(np.int32)
    for criterion, orders in _ORDERS_OF.items():
        importances = CRITERIA[criterion](model.network_, samples, rng)
        for order in orders:
            sign = -1 if order == "most-first" else 1
            accuracies = accuracies_while_pruning(
                model.network_,
                [sign * values for values in importances],
                test_rows,
                labels,
                n_steps=n_steps,
                n_threads=model.n_threads_,
            )
            for step, accuracy in enumerate(accuracies):
                yield PrunePoint(criterion, order, step / n_steps, accuracy)


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
