"""How many connections leave at an update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from ctre.methods.policy import Evidence


class Pace(Protocol):
    """Sets the number of connections that a layer drops."""

    settings: ClassVar[frozenset[str]]
    """Names of the settings it depends on."""

    def count(self, evidence: Evidence, drop_fraction: float) -> int:
        """Give the number, between 0 and the layer's connections."""
        ...


@dataclass(frozen=True)
class Share:
    """``int(drop_fraction * N)`` of N connections, at most as many as there are absent pairs.

    A layer without absent pairs has nowhere to grow, so nothing of it is dropped.
    """

    settings: ClassVar = frozenset({"drop_fraction", "drop_fraction_schedule"})

    def count(self, evidence: Evidence, drop_fraction: float) -> int:
        """Give the number."""
        topology = evidence.topology
        return min(int(drop_fraction * topology.n_connections), topology.n_absent)


@dataclass(frozen=True)
class GradualPruning:
    """As many as bring a full layer down to its budget along a cubic curve.

    The last update comes before the last epoch, so a run needs ``1 / (1 - until)`` epochs, four by
    default, to arrive.

    Parameters
    ----------
    until : float in (0, 1], default=0.75
        Share of training at which the budget is reached (dimensionless).

    References
    ----------
    .. [1] Zhu and Gupta, "To prune, or not to prune", 2017, equation 1.
    """

    settings: ClassVar = frozenset({"epsilon", "density"})

    until: float = 0.75

    def count(self, evidence: Evidence, drop_fraction: float) -> int:  # noqa: ARG002
        """Give the number."""
        topology, budget = evidence.topology, evidence.budget
        ahead = max(0.0, 1.0 - evidence.stage.progress / self.until)
        target = budget + round((topology.n_places - budget) * ahead**3)
        return max(0, topology.n_connections - target)
