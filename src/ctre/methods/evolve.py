"""One update of one layer: evidence and method in, topology change out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ctre.methods.evidence import Evidence, Needs, Stage, combined
from ctre.methods.pace import Pace, Share
from ctre.methods.policy import Drop, Grow
from ctre.methods.timing import Timing
from ctre.topology import TopologyChange


@dataclass(frozen=True)
class Method:
    """A way to evolve a topology: what leaves, what arrives, how many, and when."""

    drop: Drop
    grow: Grow
    pace: Pace = Share()
    timing: Timing = Timing()
    newborn: Literal["drawn", "zero"] = "drawn"
    """Whether a new connection's weight is drawn as the network's weight_init says, or zero."""

    def needs(self, stage: Stage) -> Needs:
        """Need what both choices need at this stage."""
        return combined(self.drop.needs(stage), self.grow.needs(stage))


class Evolution(NamedTuple):
    """What one update did to one layer."""

    change: TopologyChange
    n_regrown: int
    """Connections that were dropped and chosen again: by definition survivors."""
    n_random: int
    """Connections that were placed at random."""


def evolve(evidence: Evidence, method: Method) -> Evolution:
    """Drop the connections a method chooses and grow others elsewhere.

    As many arrive as leave, so that the budget is kept, unless the method's growth says otherwise;
    its pace says how many.

    Parameters
    ----------
    evidence : Evidence
        One layer when an update is due.
    method : Method
        What leaves and what arrives.

    Returns
    -------
    Evolution
        Old and new topology, and what happened in between. The evidence is not modified.

    Raises
    ------
    InvalidParameterError
        If the method reads evidence that is not there.

    Notes
    -----
    Deterministic given ``evidence.rng``.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithms 1 and 2.
    """
    old = evidence.topology
    count = method.pace.count(evidence)
    if count == 0:
        return Evolution(TopologyChange(old, old), n_regrown=0, n_random=0)

    dropped = method.drop.choose(evidence, count)
    grown = method.grow.choose(evidence, old.without(dropped), count)
    change = TopologyChange.replacing(old, dropped, grown.keys)
    return Evolution(change, len(grown.keys) - change.n_born, grown.n_random)
