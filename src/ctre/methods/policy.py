"""The vocabulary of topology evolution: what a policy may look at, and what it answers.

A policy reads evidence and returns a choice; it never changes a weight. `evolve` turns the two
choices, drop and grow, into a `TopologyChange`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from ctre._typing import FloatArray, KeyArray
from ctre.errors import InvalidParameterError
from ctre.kernels import Samples
from ctre.topology import Topology


class Needs(NamedTuple):
    """Evidence that costs something, so that training lends it only to a policy that asks."""

    activations: bool = False
    """Activations of the sampled rows, before and after the layer."""
    gradient_batches: int = 0
    """Number of batches whose factors of the dense gradient are wanted."""

    def union(self, other: Needs) -> Needs:
        """Need what either needs."""
        return Needs(
            self.activations or other.activations,
            max(self.gradient_batches, other.gradient_batches),
        )


class Stage(NamedTuple):
    """What is known before any evidence is gathered: how far training has come, and its limits."""

    progress: float
    """Share of the epochs that are done, in (0, 1] (dimensionless)."""
    longest_stall: int
    """Longest run of epochs so far without a better validation score; it only ever grows."""
    patience: int
    """Length of such a run, in epochs, at which training counts as stalled."""
    n_candidates: int | None = None
    """Random absent pairs that a score is measured of for each one to grow, the best of which are
    grown; None: all absent pairs. With 1 they are grown as drawn, and nothing is measured."""

    def has_stalled(self) -> bool:
        """Tell whether the score has once failed to improve for `patience` epochs."""
        return self.longest_stall >= self.patience

    def is_past_half(self) -> bool:
        """Tell whether more than half of the epochs are done."""
        return self.progress > 0.5


@dataclass(frozen=True, eq=False)
class Evidence:
    """One layer at the end of an epoch, before anything is dropped.

    Parameters
    ----------
    topology : Topology
        Its connections.
    weights : float32 array of shape (n_connections,)
        In key order.
    rng : numpy.random.Generator
        The only source of chance a policy may use.
    stage : Stage
        How far training has come.
    budget : int
        Connections the layer is meant to have.
    n_threads : int
        Threads a policy may use; no result depends on it.
    pre_activations : float32 array or CSR of shape (n_rows, n_pre), optional
        Activations of the presynaptic neurons; for the first layer, the data.
    post_activations : float32 array of shape (n_rows, n_post), optional
        Activations of the postsynaptic neurons; for the last layer, the predicted probabilities.
    gradient_factors : sequence of (activations, error signals), optional
        One pair for each of some batches, of shapes (batch_size, n_pre) and (batch_size, n_post):
        their product, ``activations.T @ error_signals``, is the gradient of the batch's mean loss
        by every weight there could be.
    """

    topology: Topology
    weights: FloatArray
    rng: np.random.Generator
    stage: Stage
    budget: int
    n_threads: int = 1
    pre_activations: Samples | None = None
    post_activations: FloatArray | None = None
    gradient_factors: Sequence[tuple[Samples, FloatArray]] = ()

    def activations(self) -> tuple[Samples, FloatArray]:
        """Give the activations before and after the layer.

        Raises
        ------
        InvalidParameterError
            If they were not lent, because the policy did not name them in its needs.
        """
        if self.pre_activations is None or self.post_activations is None:
            raise InvalidParameterError(
                "evidence must hold activations for this policy, got none. "
                "Let its needs ask for them: Needs(activations=True)."
            )
        return self.pre_activations, self.post_activations

    def gradients(self, n_batches: int) -> Sequence[tuple[Samples, FloatArray]]:
        """Give the factors of the dense gradients of ``n_batches`` batches, fewer if lent fewer.

        Raises
        ------
        InvalidParameterError
            If none were lent, because the policy did not name them in its needs.
        """
        if not self.gradient_factors:
            raise InvalidParameterError(
                "evidence must hold gradient factors for this policy, got none. "
                f"Let its needs ask for them: Needs(gradient_batches={n_batches})."
            )
        return self.gradient_factors[:n_batches]


class Growth(NamedTuple):
    """The answer of a grow policy."""

    keys: KeyArray
    """Places to connect, ascending, none of them taken."""
    n_random: int
    """How many of them were placed at random."""


class WeightsSuffice:
    """Base of the policies that look at topology, weights and chance alone."""

    def needs(self, stage: Stage) -> Needs:  # noqa: ARG002
        """Need nothing that costs anything."""
        return Needs()


class Drop(Protocol):
    """Chooses which connections leave: finishes the sentence "drop the …"."""

    def needs(self, stage: Stage) -> Needs:
        """Name the evidence that `choose` will read at this stage."""
        ...

    def choose(self, evidence: Evidence, count: int) -> KeyArray:
        """Give the positions of ``count`` connections, ascending."""
        ...


class Grow(Protocol):
    """Chooses which connections arrive: finishes the sentence "grow the …"."""

    def needs(self, stage: Stage) -> Needs:
        """Name the evidence that `choose` will read at this stage."""
        ...

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Give ``count`` places outside ``taken``, which has at least so many absent.

        A policy that lets the layer shrink gives fewer.
        """
        ...
