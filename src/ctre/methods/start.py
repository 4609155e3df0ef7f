"""The first topology and its weights: drawn, full, or chosen by saliency before training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.kernels import Activation, Loss, Samples
from ctre.kernels.functions import activation as activate
from ctre.kernels.functions import activation_slope, error_signals
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
    seed: np.random.SeedSequence
    samples: Samples
    """One batch of training rows (n_rows, n_features)."""
    targets: IndexArray | FloatArray
    activation: Activation
    loss: Loss


class FirstLayer(NamedTuple):
    """A layer as training finds it."""

    topology: Topology
    weights: FloatArray


class Start(Protocol):
    """Chooses the layers that training begins with."""

    settings: ClassVar[frozenset[str]]
    """Names of the settings it depends on, of those that not every method does."""

    def layers(self, plan: StartPlan) -> list[FirstLayer]:
        """Give every layer, first to last."""
        ...


@dataclass(frozen=True)
class ErdosRenyi:
    """Places drawn at random, exactly as many as planned."""

    settings: ClassVar = frozenset({"epsilon", "density"})

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

    settings: ClassVar = frozenset[str]()

    def layers(self, plan: StartPlan) -> list[FirstLayer]:
        """Connect everything."""
        counts = tuple(n_pre * n_post for n_pre, n_post in pairwise(plan.layer_sizes))
        return ErdosRenyi().layers(replace(plan, counts=counts))


@dataclass(frozen=True)
class Snip:
    """The places of a dense start whose ``|gradient * weight|`` on one batch is largest.

    Each layer keeps as many as planned, with the weights they had in the dense start. That start
    never exists as a whole: its weights are drawn block by block, three times over, from a
    generator that each block has for itself. Memory O(n_connections + block), time
    O(n_rows * n_pre * n_post) per layer.

    References
    ----------
    .. [1] Lee, Ajanthan and Torr, "SNIP: Single-shot Network Pruning Based on Connection
       Sensitivity", ICLR 2019. There the largest are taken over all layers together; here, as in
       the comparison of Atashgahi et al., every layer has the size Erdős–Rényi gives it.
    """

    settings: ClassVar = frozenset({"epsilon", "density"})

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
        signals = error_signals(plan.loss, values, plan.targets) / np.float32(len(values))
        kept = []
        for layer, inputs, count in zip(dense[::-1], before[::-1], plan.counts[::-1], strict=True):
            kept.append(layer.most_salient(inputs, signals, count))
            signals = layer.backward(signals) * activation_slope(plan.activation, inputs)
        return kept[::-1]


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
            weights = self.plan.draw_weights(rng, self.n_pre, self.n_post, n_some * self.n_pre)
            yield some, weights.reshape(n_some, self.n_pre)

    def forward(self, inputs: FloatArray) -> FloatArray:
        sums = np.empty((len(inputs), self.n_post), dtype=np.float32)
        for some, weights in self.blocks():
            sums[:, some] = inputs @ weights.T
        return sums

    def backward(self, signals: FloatArray) -> FloatArray:
        errors = np.zeros((len(signals), self.n_pre), dtype=np.float32)
        for some, weights in self.blocks():
            errors += signals[:, some] @ weights
        return errors

    def most_salient(self, inputs: FloatArray, signals: FloatArray, count: int) -> FirstLayer:
        keys: KeyArray = np.empty(0, dtype=np.int64)
        saliency = kept_weights = np.empty(0, dtype=np.float32)
        for some, weights in self.blocks():
            first = some.start * self.n_pre
            keys = np.concatenate([keys, np.arange(first, first + weights.size)])
            gradients = signals[:, some].T @ inputs
            saliency = np.concatenate([saliency, np.abs(gradients * weights).ravel()])
            kept_weights = np.concatenate([kept_weights, weights.ravel()])
            best = first_lowest(-saliency, min(count, len(saliency)))
            keys, saliency, kept_weights = keys[best], saliency[best], kept_weights[best]
        return FirstLayer(Topology.from_keys(self.n_pre, self.n_post, keys), kept_weights)
