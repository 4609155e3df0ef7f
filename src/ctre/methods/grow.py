"""Which connections arrive: two ways to choose, and two to combine choices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctre._typing import KeyArray
from ctre.kernels import kernels
from ctre.methods.policy import NOTHING, Evidence, Grow, Growth, Need, Stage
from ctre.methods.similarity import Score
from ctre.topology import Topology, sample_distinct


@dataclass(frozen=True)
class Random:
    """Absent pairs, each equally likely.

    References
    ----------
    .. [1] Mocanu et al., Nature Communications, 2018 (SET).
    """

    def needs(self, stage: Stage) -> frozenset[Need]:  # noqa: ARG002
        """Need nothing."""
        return NOTHING

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Draw ``count`` absent places; O(count + n_connections), whatever the layer's size."""
        ranks = sample_distinct(evidence.rng, taken.n_places - taken.n_connections, count)
        return Growth(_absent_keys(taken, ranks), n_random=count)


def _absent_keys(taken: Topology, ranks: KeyArray) -> KeyArray:
    """Turn ranks among the absent places (0 is the lowest) into keys."""
    absent_below = taken.keys - np.arange(taken.n_connections)
    return ranks + np.searchsorted(absent_below, ranks, side="right")


@dataclass(frozen=True)
class MostSimilar:
    """The absent pairs of the best score; equal ones go by the lower key.

    Parameters
    ----------
    score : Score
        The similarity, as in `ctre.methods.similarity`.
    """

    score: Score

    def needs(self, stage: Stage) -> frozenset[Need]:  # noqa: ARG002
        """Need the activations of both sides."""
        return frozenset({"activations"})

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Score every pair; time O(n_rows * n_pre * n_post), memory O(count + block)."""
        form = self.score(*evidence.activations())
        keys = kernels().best_absent_pairs(
            form, taken.indptr, taken.indices, count, n_threads=evidence.n_threads
        )
        return Growth(keys, n_random=0)


@dataclass(frozen=True)
class ReplaceRegrown:
    """What ``first`` chooses, but each pair that was dropped just now is replaced.

    The replacement is chosen by ``instead`` among pairs that neither survived, nor were chosen,
    nor — unless nothing else is absent — were dropped in this update.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithm 2, lines 8–13.
    """

    first: Grow
    instead: Grow

    def needs(self, stage: Stage) -> frozenset[Need]:
        """Need what both policies need."""
        return self.first.needs(stage) | self.instead.needs(stage)

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose by ``first``, then replace."""
        first = self.first.choose(evidence, taken, count)
        before = evidence.topology
        fresh = np.setdiff1d(first.keys, before.keys, assume_unique=True)
        n_missing = count - len(fresh)

        elsewhere = _joined(before, fresh)
        n_elsewhere = min(n_missing, elsewhere.n_places - elsewhere.n_connections)
        replaced = self.instead.choose(evidence, elsewhere, n_elsewhere)
        grown = Growth(_merged(fresh, replaced.keys), first.n_random + replaced.n_random)
        if n_elsewhere < n_missing:  # the layer is nearly full: only dropped pairs are left
            rest = self.instead.choose(
                evidence, _joined(taken, grown.keys), n_missing - n_elsewhere
            )
            grown = Growth(_merged(grown.keys, rest.keys), grown.n_random + rest.n_random)
        return grown


@dataclass(frozen=True)
class AfterStall:
    """What ``first`` chooses, until the validation score has stalled; ``then`` for good after it.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithm 1, lines 7–13.
    """

    first: Grow
    then: Grow

    def _current(self, stage: Stage) -> Grow:
        return self.then if stage.has_stalled else self.first

    def needs(self, stage: Stage) -> frozenset[Need]:
        """Need what the policy in force needs."""
        return self._current(stage).needs(stage)

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose by the policy in force."""
        return self._current(evidence.stage).choose(evidence, taken, count)


def _merged(some: KeyArray, others: KeyArray) -> KeyArray:
    return np.sort(np.concatenate([some, others]))


def _joined(topology: Topology, keys: KeyArray) -> Topology:
    """Give the topology with a connection at ``keys`` as well."""
    return Topology.from_keys(topology.n_pre, topology.n_post, _merged(topology.keys, keys))
