"""Generated networks, and data as unkind as real data can be."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre.kernels import SGD, Adam, EpochTotals, InputDropout, LayerArrays
from ctre.topology import Topology


@pytest.fixture(scope="session")
def native() -> ModuleType:
    """Lend the native kernels; skip where they were not built, unless the environment insists."""
    try:
        return importlib.import_module("ctre.kernels.native")
    except ImportError as error:
        if os.environ.get("CTRE_KERNELS") == "native":
            raise
        pytest.skip(f"the native kernels are not there: {error}")


@dataclass
class Problem:
    """A network and what it is to learn."""

    layers: list[LayerArrays]
    samples: np.ndarray | csr_array
    targets: np.ndarray
    sample_weight: np.ndarray | None
    activation: str
    loss: str
    optimizer: SGD | Adam
    order: np.ndarray
    batch_size: int
    n_threads: int = 1
    tick: Callable[[int], None] | None = None
    input_dropout: InputDropout | None = None
    totals: list[EpochTotals] = field(default_factory=list)

    def copy(self, **changes: Any) -> Problem:
        """Copy, so that training the one leaves the other as it was."""
        layers = [
            layer._replace(
                weights=layer.weights.copy(),
                biases=layer.biases.copy(),
                weight_slots=tuple(slot.copy() for slot in layer.weight_slots),
                bias_slots=tuple(slot.copy() for slot in layer.bias_slots),
            )
            for layer in self.layers
        ]
        return Problem(**(vars(self) | {"layers": layers, "totals": []} | changes))

    def train(self, kernels: ModuleType, n_epochs: int = 1) -> Problem:
        """Train a copy with one backend."""
        trained = self.copy()
        for epoch in range(n_epochs):
            optimizer = self.optimizer
            if isinstance(optimizer, Adam):
                n_batches = -(-len(self.order) // self.batch_size)
                n_done = optimizer.n_steps_done + epoch * n_batches
                optimizer = optimizer._replace(n_steps_done=n_done)
            trained.totals.append(
                kernels.train_epoch(
                    trained.layers,
                    self.samples,
                    self.targets,
                    self.order,
                    sample_weight=self.sample_weight,
                    input_dropout=self.input_dropout,
                    batch_size=self.batch_size,
                    activation=self.activation,
                    loss=self.loss,
                    optimizer=optimizer,
                    n_threads=self.n_threads,
                    tick=self.tick,
                )
            )
        return trained

    def scores(self, kernels: ModuleType) -> np.ndarray:
        return kernels.forward(
            self.layers, self.samples, activation=self.activation, n_threads=self.n_threads
        )

    @property
    def parameters(self) -> list[np.ndarray]:
        """Weights, biases and slots of every layer: all that training changes."""
        return [
            array
            for layer in self.layers
            for array in (layer.weights, layer.biases, *layer.weight_slots, *layer.bias_slots)
        ]


@pytest.fixture(scope="session")
def make_problem() -> Callable[..., Problem]:
    def make(
        *,
        seed: int = 0,
        sizes: tuple[int, ...] = (12, 9, 7, 3),
        density: float = 0.4,
        n_samples: int = 25,
        batch_size: int = 10,
        activation: str = "relu",
        loss: str = "softmax_cross_entropy",
        optimizer: SGD | Adam | None = None,
        is_sparse: bool = False,
        is_weighted: bool = False,
        huge: float = 30.0,
        **others: Any,
    ) -> Problem:
        rng = np.random.default_rng(seed)
        optimizer = optimizer or SGD(0.05)
        n_slots = 1 if isinstance(optimizer, SGD) else 2
        layers = [
            random_layer(rng, n_pre, n_post, density, n_slots) for n_pre, n_post in pairwise(sizes)
        ]
        if activation == "relu":
            for layer in layers[:-1]:
                layer.biases[5::6] = -100  # dead neurons
        samples = poisoned_samples(rng, n_samples, sizes[0], huge)
        if is_sparse:
            samples = csr_array(samples * (rng.random(samples.shape) < 0.4))
        if loss == "softmax_cross_entropy":
            targets = rng.integers(sizes[-1], size=n_samples).astype(np.int32)
        else:
            targets = rng.random((n_samples, sizes[-1]), dtype=np.float32)
        weight = rng.choice([0.0, 0.5, 1.0, 7.0], n_samples).astype(np.float32)
        return Problem(
            layers=layers,
            samples=samples,
            targets=targets,
            sample_weight=weight if is_weighted else None,
            activation=activation,
            loss=loss,
            optimizer=optimizer,
            order=rng.permutation(n_samples).astype(np.int32),
            batch_size=batch_size,
            **others,
        )

    return make


def random_layer(
    rng: np.random.Generator, n_pre: int, n_post: int, density: float, n_slots: int
) -> LayerArrays:
    """Draw a layer that keeps activations at their size; low density leaves neurons unconnected."""
    n_connections = max(1, int(density * n_pre * n_post))
    topology = Topology.random(n_pre, n_post, n_connections, rng)
    spread = 1 / np.sqrt(max(1, n_connections / n_post))
    return LayerArrays(
        n_pre,
        topology.indptr,
        topology.indices,
        rng.normal(0, spread, n_connections).astype(np.float32),
        rng.normal(0, 0.5, n_post).astype(np.float32),
        tuple(np.zeros(n_connections, dtype=np.float32) for _ in range(n_slots)),
        tuple(np.zeros(n_post, dtype=np.float32) for _ in range(n_slots)),
    )


def poisoned_samples(
    rng: np.random.Generator, n_samples: int, n_features: int, huge: float
) -> np.ndarray:
    """Draw rows with negative values, ties, dead and constant columns, and a huge value."""
    samples = rng.normal(size=(n_samples, n_features)).astype(np.float32)
    samples[n_samples // 2 :: 5] = samples[0]
    if n_features > 5:
        samples[:, 1] = 0
        samples[:, 2] = 0.7
        samples[:, 3] = samples[:, 4]
    samples[n_samples // 3, 0] = huge
    samples[n_samples // 4] = 0
    return samples
