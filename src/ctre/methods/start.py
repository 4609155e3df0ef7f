"""The first topology and its weights: drawn, full, or chosen by saliency before training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.density import count_places
from ctre.kernels import Activation, Loss, Samples
from ctre.kernels.functions import activation as activate
from ctre.kernels.functions import backpropagate, mean_error_signals
from ctre.randomness import stream
from ctre.selection import first_lowest
from ctre.topology import Topology

DrawWeights: TypeAlias = Callable[[np.random.Generator, int, int, int], FloatArray]
"""(generator, n_pre, n_post, count) -> float32 (count,) weights."""

_BLOCK = 2**20  # places of a dense layer that exist at a time


@dataclass(frozen=True, eq=False)
class StartPlan:
    """What is known before there is a network."""

    layer_sizes: tuple[int, ...]
    counts: tuple[int, ...]
    """Connections that each layer is meant to have."""
    draw_weights: DrawWeights
    draw_dense: DrawWeights
    """The same for a start with every connection."""
    seed: np.random.SeedSequence
    samples: Samples
    """One batch of training rows (n_rows, n_features)."""
    targets: IndexArray | FloatArray
    activation: Activation
    loss: Loss
    sample_weight: FloatArray | None = None
    """(n_rows,) weights of those rows in the loss; None weighs all alike."""


class FirstLayer(NamedTuple):
    """A layer as training finds it."""

    topology: Topology
    weights: FloatArray


class Start(Protocol):
    """Chooses the layers that training begins with."""

    def layers(self, plan: StartPlan) -> list[FirstLayer]:
        """Give every layer, first to last."""
        ...


@dataclass(frozen=True)
class ErdosRenyi:
    """Places drawn at random, exactly as many as planned."""

    settings: ClassVar = frozenset({"budget"})

    def layers(self, plan: StartPlan) -> list[FirstLayer]:
        """Draw; O(n_connections)."""
        topology_rng = stream(plan.seed, "topology")
        weight_rng = stream(plan.seed, "weights")
        layers = []
        for (n_pre, n_post), count in zip(pairwise(plan.layer_sizes), plan.counts, strict=True):
            topology = Topology.random(n_pre, n_post, count, topology_rng)
            weights = plan.draw_weights(weight_rng, n_pre, n_post, count)
            layers.append(FirstLayer(topology, weights))
        return layers


@dataclass(frozen=True)
class Full:
    """Every pair connected, for methods that prune; O(n_pre * n_post) memory."""

    def layers(self, plan: StartPlan) -> list[FirstLayer]:
        """Connect everything."""
        counts = count_places(plan.layer_sizes)
        return ErdosRenyi().layers(replace(plan, counts=counts, draw_weights=plan.draw_dense))


@dataclass(frozen=True)
class Snip:
    """The places of a dense start whose ``|gradient * weight|`` on one batch is largest.

    They keep the weights they had in the dense start. That start never exists as a whole: its
    weights are drawn block by block, three times over, from a generator that each block has for
    itself. Memory O(n_connections + block), time O(n_rows * n_pre * n_post) per layer.

    Parameters
    ----------
    over : {"layer", "network"}, default="layer"
        Whether each layer keeps as many as planned, as in the comparison of Atashgahi et al., or
        all layers together do, as its authors have it: then one may be left with next to nothing.

    References
    ----------
    .. [1] Lee, Ajanthan and Torr, "SNIP: Single-shot Network Pruning Based on Connection
       Sensitivity", ICLR 2019.
    """

    over: Literal["layer", "network"] = "layer"

    settings: ClassVar = frozenset({"budget"})

    def layers(self, plan: StartPlan) -> list[FirstLayer]:
        """Go forward and backward through the dense start, and keep the most salient places."""
        dense = [
            _DenseBlocks(number, n_pre, n_post, plan)
            for number, (n_pre, n_post) in enumerate(pairwise(plan.layer_sizes))
        ]
        samples = plan.samples
        values = np.asarray(samples.toarray() if hasattr(samples, "toarray") else samples)
        before: list[FloatArray] = []
        for layer in dense:
            if before:
                values = activate(plan.activation, values)
            before.append(values)
            values = layer.forward(values)
        error = mean_error_signals(plan.loss, values, plan.targets, plan.sample_weight)
        behind = backpropagate(
            error, before, [layer.carry_back for layer in dense], plan.activation
        )
        n_kept = sum(plan.counts)
        counts = plan.counts if self.over == "layer" else (n_kept,) * len(dense)
        kept = [
            layer.most_salient(inputs, signals, count)
            for layer, inputs, signals, count in zip(dense, before, behind, counts, strict=True)
        ]
        if self.over == "network":
            kept = _most_salient_of_all(kept, n_kept)
        return [
            FirstLayer(Topology.from_keys(layer.n_pre, layer.n_post, places.keys), places.weights)
            for layer, places in zip(dense, kept, strict=True)
        ]


class _Places(NamedTuple):
    """Places of a dense layer, ascending."""

    keys: KeyArray
    weights: FloatArray
    saliency: FloatArray

    def at(self, positions: KeyArray) -> _Places:
        return _Places(self.keys[positions], self.weights[positions], self.saliency[positions])

    def and_then(self, others: _Places) -> _Places:
        return _Places(
            np.concatenate([self.keys, others.keys]),
            np.concatenate([self.weights, others.weights]),
            np.concatenate([self.saliency, others.saliency]),
        )

    def most_salient(self, count: int) -> _Places:
        return self.at(first_lowest(-self.saliency, min(count, len(self.keys))))


def _most_salient_of_all(layers: Sequence[_Places], count: int) -> list[_Places]:
    chosen = first_lowest(-np.concatenate([layer.saliency for layer in layers]), count)
    starts = np.cumsum([0, *(len(layer.keys) for layer in layers)])
    parts = np.split(chosen, np.searchsorted(chosen, starts[1:-1]))
    return [
        layer.at(part - start) for layer, part, start in zip(layers, parts, starts, strict=False)
    ]


class _DenseBlocks:
    """A dense layer whose weights are drawn anew whenever a block of them is needed."""

    def __init__(self, number: int, n_pre: int, n_post: int, plan: StartPlan) -> None:
        self.number, self.n_pre, self.n_post, self.plan = number, n_pre, n_post, plan

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Give postsynaptic neurons and their weights (n_some, n_pre), all the layer in turn."""
        width = max(1, _BLOCK // self.n_pre)
        for start in range(0, self.n_post, width):
            some = slice(start, min(start + width, self.n_post))
            n_some = some.stop - some.start
            rng = stream(self.plan.seed, f"dense weights of layer {self.number} from {start}")
            weights = self.plan.draw_dense(rng, self.n_pre, self.n_post, n_some * self.n_pre)
            yield some, weights.reshape(n_some, self.n_pre)

    def forward(self, inputs: FloatArray) -> FloatArray:
        sums = np.empty((len(inputs), self.n_post), dtype=np.float32)
        for some, weights in self.blocks():
            sums[:, some] = inputs @ weights.T
        return sums

    def carry_back(self, signals: FloatArray) -> FloatArray:
        errors = np.zeros((len(signals), self.n_pre), dtype=np.float32)
        for some, weights in self.blocks():
            errors += signals[:, some] @ weights
        return errors

    def most_salient(self, inputs: FloatArray, signals: FloatArray, count: int) -> _Places:
        none = np.empty(0, dtype=np.float32)
        best = _Places(np.empty(0, dtype=np.int64), none, none)
        for some, weights in self.blocks():
            first = some.start * self.n_pre
            gradients = signals[:, some].T @ inputs
            block = _Places(
                np.arange(first, first + weights.size),
                weights.ravel(),
                np.abs(gradients * weights).ravel(),
            )
            best = best.and_then(block).most_salient(count)
        return best
