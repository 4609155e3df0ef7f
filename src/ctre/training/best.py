"""The one rule for which epoch is the best, and for how long there has been no better one."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class BestSoFar:
    """What is known of the epochs so far.

    The best is the first of the highest validation scores; without validation rows it is the last
    epoch. While a method still prunes, its networks are not yet what was asked for: only those of
    the present size count. Without validation rows a lower training loss counts as better for the
    stall.
    """

    epoch: int = 0
    """The best one, counted from 1; 0 before the first."""
    score: float = -math.inf
    """The highest validation score, or the lowest training loss, negated."""
    n_connections: tuple[int, ...] | None = None
    """Size of the networks that count."""
    stall: int = 0
    """Epochs since there was a better one."""
    longest_stall: int = 0

    def offer(
        self,
        epoch: int,
        n_connections: tuple[int, ...],
        train_loss: float,
        validation_score: float | None,
    ) -> bool:
        """Take note of the next epoch, and tell whether it is the best so far."""
        if n_connections != self.n_connections:
            self.n_connections, self.score = n_connections, -math.inf
        score = -train_loss if validation_score is None else validation_score
        is_better = score > self.score
        if is_better:
            self.score, self.stall = score, 0
        else:
            self.stall += 1
            self.longest_stall = max(self.longest_stall, self.stall)
        is_best = is_better or validation_score is None
        if is_best:
            self.epoch = epoch
        return is_best
