"""Which connections leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctre._typing import FloatArray, KeyArray
from ctre.methods.policy import Evidence


@dataclass(frozen=True)
class SmallestMagnitude:
    """The connections whose weights are nearest to zero; equal ones go by the lower key.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithms 1 and 2, line 6.
    """

    def choose(self, evidence: Evidence, count: int) -> KeyArray:
        """Give the positions of the ``count`` smallest magnitudes, ascending; O(n_connections)."""
        return lowest(np.abs(evidence.weights), count)


def lowest(values: FloatArray, count: int) -> KeyArray:
    """Find the positions of the ``count`` lowest values, ascending; of equals, the first."""
    if count == 0:
        return np.empty(0, dtype=np.int64)
    threshold = np.partition(values, count - 1)[count - 1]
    below = np.flatnonzero(values < threshold)
    tied = np.flatnonzero(values == threshold)[: count - len(below)]
    return np.sort(np.concatenate([below, tied]))
