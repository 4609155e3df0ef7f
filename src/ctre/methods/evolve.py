"""One update of one layer: evidence and method in, topology change out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ctre.errors import InvalidParameterError
from ctre.methods.pace import Pace, Share
from ctre.methods.policy import Drop, Evidence, Grow, Needs, Stage
from ctre.topology import TopologyChange


@dataclass(frozen=True)
class Method:
    """A way to evolve a topology: what leaves, what arrives, and how many."""

    drop: Drop
    grow: Grow
    pace: Pace = field(default_factory=Share)
    newborn: Literal["drawn", "zero"] = "drawn"
    """Whether a new connection's weight is drawn as the network's weight_init says, or zero."""

    def needs(self, stage: Stage) -> Needs:
        """Need what both choices need at this stage."""
        return self.drop.needs(stage).union(self.grow.needs(stage))


class Evolution(NamedTuple):
    """What one update did to one layer."""

    change: TopologyChange
    n_regrown: int
    """Connections that were dropped and chosen again: by definition survivors."""
    n_random: int
    """Connections that were placed at random."""


def evolve(evidence: Evidence, method: Method, drop_fraction: float) -> Evolution:
    """Drop the connections a method chooses and grow others elsewhere.

    With N connections, ``min(int(drop_fraction * N), n_absent)`` leave and the same number arrive,
    so the budget is kept, unless the method's pace and growth say otherwise.

    Parameters
    ----------
    evidence : Evidence
        One layer at the end of an epoch.
    method : Method
        What leaves and what arrives.
    drop_fraction : float in [0, 1]
        Share of the connections to drop (dimensionless). The paper calls it ζ.

    Returns
    -------
    Evolution
        Old and new topology, and what happened in between. The evidence is not modified.

    Raises
    ------
    InvalidParameterError
        If ``drop_fraction`` is outside [0, 1], or the method needs evidence that was not lent.

    Notes
    -----
    Deterministic given ``evidence.rng``.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithms 1 and 2.
    """
    if not 0 <= drop_fraction <= 1:
        raise InvalidParameterError(f"drop_fraction must be in [0, 1], got {drop_fraction}.")
    old = evidence.topology
    count = method.pace.count(evidence, drop_fraction)
    if count == 0:
        return Evolution(TopologyChange(old, old), n_regrown=0, n_random=0)

    dropped = method.drop.choose(evidence, count)
    grown = method.grow.choose(evidence, old.without(dropped), count)
    change = TopologyChange.replacing(old, dropped, grown.keys)
    return Evolution(change, len(grown.keys) - change.n_born, grown.n_random)
