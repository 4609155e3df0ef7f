"""The vocabulary of topology evolution: what a policy answers.

A policy reads evidence and returns a choice; it never changes a weight. `evolve` turns the two
choices, drop and grow, into a `TopologyChange`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple, Protocol

from ctre._typing import KeyArray
from ctre.methods.evidence import Evidence, Needs, Stage
from ctre.topology import Topology

NOTHING: Needs = MappingProxyType({})
"""The needs of a policy that looks at topology, weights and chance alone."""


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
        return NOTHING


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
