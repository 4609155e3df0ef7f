"""When the topology is updated, and what has come true by then."""

from __future__ import annotations

from dataclasses import dataclass

from ctre.methods.evidence import Stage
from ctre.methods.settings import setting


@dataclass(frozen=True)
class Timing:
    """Every so many steps, in the first part of training.

    Parameters
    ----------
    interval : int, default=1
        Steps from one update to the next.
    until : float in [0, 1], default=1.0
        Share of the steps after which the topology is left alone (dimensionless).
    """

    interval: int = setting("update_interval", 1)
    until: float = setting("update_until", 1.0)

    def is_due(self, stage: Stage) -> bool:
        """Tell whether an update follows this step; never the last: nothing would train it."""
        share = self.until * stage.n_steps if self.until else 0.0  # 0 of infinity is no number
        last = min(stage.n_steps - 1, share)
        return stage.step % self.interval == 0 and stage.step <= last


@dataclass(frozen=True)
class HasStalled:
    """Whether the validation score has once failed to improve for a while.

    Parameters
    ----------
    patience : int, default=40
        For how many epochs.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithm 1.
    """

    patience: int = setting("patience", 40)

    def __call__(self, stage: Stage) -> bool:
        """Tell whether that has happened."""
        return stage.longest_stall >= self.patience


@dataclass(frozen=True)
class IsPast:
    """Whether more than a share of training is done.

    Parameters
    ----------
    share : float in [0, 1]
        Which share (dimensionless).
    """

    share: float

    def __call__(self, stage: Stage) -> bool:
        """Tell whether that much is done."""
        return stage.progress > self.share
