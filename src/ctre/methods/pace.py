"""How many connections leave at an update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from ctre.errors import InvalidParameterError
from ctre.methods.evidence import Evidence, Stage
from ctre.methods.schedules import Schedule, constant
from ctre.methods.settings import setting


class Pace(Protocol):
    """Sets the number of connections that a layer drops."""

    def drop_fraction(self, stage: Stage) -> float | None:
        """Give the share of the connections to drop; None if it is not a share that decides."""
        ...

    def count(self, evidence: Evidence) -> int:
        """Give the number, between 0 and the layer's connections."""
        ...


@dataclass(frozen=True)
class Share:
    """``int(drop_fraction * N)`` of N connections, at most as many as there are absent pairs.

    A layer without absent pairs has nowhere to grow, so nothing of it is dropped.

    Parameters
    ----------
    fraction : float in [0, 1], default=0.2
        Share of the connections at the beginning (dimensionless). The paper's ζ.
    schedule : Schedule, default=constant
        How it falls over training.

    Raises
    ------
    InvalidParameterError
        If ``fraction`` is outside [0, 1].
    """

    fraction: float = setting("drop_fraction", 0.2)
    schedule: Schedule = setting("drop_fraction_schedule", constant)

    def __post_init__(self) -> None:
        if not 0 <= self.fraction <= 1:
            raise InvalidParameterError(f"drop_fraction must be in [0, 1], got {self.fraction}.")

    def drop_fraction(self, stage: Stage) -> float:
        """Give the share that the schedule has come to."""
        return self.fraction * self.schedule(stage.begun)

    def count(self, evidence: Evidence) -> int:
        """Give the number."""
        topology = evidence.topology
        share = self.drop_fraction(evidence.stage)
        return min(int(share * topology.n_connections), topology.n_absent)


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

    settings: ClassVar = frozenset({"budget"})

    until: float = 0.75

    def drop_fraction(self, stage: Stage) -> None:
        """Give none: the budget decides."""

    def count(self, evidence: Evidence) -> int:
        """Give the number."""
        topology, budget = evidence.topology, evidence.budget
        ahead = max(0.0, 1.0 - evidence.stage.progress / self.until)
        target = budget + round((topology.n_places - budget) * ahead**3)
        return max(0, topology.n_connections - target)
