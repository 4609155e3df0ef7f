"""The one rule for when training ends before its last epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class Stopping(NamedTuple):
    """When to stop, as scikit-learn means it."""

    tol: float
    """Improvement on the best so far that counts, in units of the score or loss."""
    n_iter_no_change: float
    """Epochs without one that are let pass; the next ends training. May be infinite."""
    by_validation: bool
    """Whether the validation score counts; else the training loss."""


@dataclass
class Plateau:
    """For how long nothing has improved enough.

    While a method still prunes, networks get worse for a reason: only those of the present size are
    compared.
    """

    best: float = -math.inf
    """The highest validation score, or the lowest training loss, negated."""
    n_without: int = 0
    """Epochs in a row without an improvement that counts."""
    n_connections: tuple[int, ...] | None = None
    """Size of the networks that are compared."""

    def offer(self, score: float, n_connections: tuple[int, ...], tol: float) -> None:
        """Take note of the next epoch."""
        if n_connections != self.n_connections:
            self.n_connections, self.best, self.n_without = n_connections, -math.inf, 0
        self.n_without = self.n_without + 1 if score < self.best + tol else 0
        self.best = max(self.best, score)
