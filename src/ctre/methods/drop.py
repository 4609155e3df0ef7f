"""Which connections leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctre._typing import KeyArray
from ctre.methods.evidence import Evidence, Needs, Rows, Sample, Stage
from ctre.methods.policy import WeightsSuffice
from ctre.methods.similarity import Score, reads_of, scores_at
from ctre.selection import first_lowest
from ctre.topology import sample_distinct


@dataclass(frozen=True)
class SmallestMagnitude(WeightsSuffice):
    """The connections whose weights are nearest to zero; equal ones go by the lower key.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithms 1 and 2, line 6.
    """

    def choose(self, evidence: Evidence, count: int) -> KeyArray:
        """Give the positions of the ``count`` smallest magnitudes, ascending; O(n_connections)."""
        return first_lowest(np.abs(evidence.weights), count)


@dataclass(frozen=True)
class NearestZeroEachSign(WeightsSuffice):
    """The positive and the negative weights nearest zero, the same share of either.

    Weights that are zero go with the positive ones. SET's original rule.

    References
    ----------
    .. [1] Mocanu et al., Nature Communications, 2018, Methods.
    """

    def choose(self, evidence: Evidence, count: int) -> KeyArray:
        """Give the positions of ``count`` weights, ascending; O(n_connections)."""
        weights = evidence.weights
        positive = np.flatnonzero(weights >= 0)
        negative = np.flatnonzero(weights < 0)
        n_positive = round(count * len(positive) / len(weights)) if count else 0
        n_positive = min(max(n_positive, count - len(negative)), len(positive))
        nearest_above = positive[first_lowest(weights[positive], n_positive)]
        nearest_below = negative[first_lowest(-weights[negative], count - n_positive)]
        return np.sort(np.concatenate([nearest_above, nearest_below]))


@dataclass(frozen=True)
class LeastSimilar:
    """The connections between the neurons whose activations are least similar.

    Parameters
    ----------
    score : Score
        The similarity, as in `ctre.methods.similarity`.
    rows : Sample or Batches, default=Sample()
        What it is measured on.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, section 5.2.
    """

    score: Score
    rows: Rows = Sample()

    def needs(self, stage: Stage) -> Needs:  # noqa: ARG002
        """Need what the score reads."""
        return {self.rows: reads_of(self.score)}

    def choose(self, evidence: Evidence, count: int) -> KeyArray:
        """Give the positions of ``count`` connections; O(n_rows * n_connections)."""
        form = self.score(evidence.on(self.rows))
        scores = scores_at(form, evidence.topology, evidence.n_threads)
        return first_lowest(scores, count)


@dataclass(frozen=True)
class RandomDrop(WeightsSuffice):
    """Any connections, each equally likely."""

    def choose(self, evidence: Evidence, count: int) -> KeyArray:
        """Give the positions of ``count`` connections; O(count)."""
        return sample_distinct(evidence.rng, evidence.topology.n_connections, count)
