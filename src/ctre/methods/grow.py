"""Which connections arrive: ways to choose, and two to combine choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ctre._typing import KeyArray
from ctre.kernels import kernels
from ctre.methods.evidence import Evidence, Needs, Rows, Sample, Stage, combined
from ctre.methods.policy import NOTHING, Grow, Growth, WeightsSuffice
from ctre.methods.settings import setting
from ctre.methods.similarity import Score, reads_of, scores_at
from ctre.selection import first_lowest
from ctre.topology import Topology, sample_distinct


@dataclass(frozen=True)
class Random(WeightsSuffice):
    """Absent pairs, each equally likely.

    References
    ----------
    .. [1] Mocanu et al., Nature Communications, 2018 (SET).
    """

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Draw ``count`` absent places; O(count + n_connections), whatever the layer's size."""
        ranks = sample_distinct(evidence.rng, taken.n_absent, count)
        return Growth(_absent_keys(taken, ranks), n_random=count)


def _absent_keys(taken: Topology, ranks: KeyArray) -> KeyArray:
    """Turn ranks among the absent places (0 is the lowest) into keys."""
    absent_below = taken.keys - np.arange(taken.n_connections)
    return ranks + np.searchsorted(absent_below, ranks, side="right")


@dataclass(frozen=True)
class Nothing(WeightsSuffice):
    """Nothing, so that the layer shrinks."""

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:  # noqa: ARG002
        """Give no place."""
        return Growth(np.empty(0, dtype=np.int64), n_random=0)


@dataclass(frozen=True)
class MostSimilar:
    """The absent pairs of the best score; equal ones go by the lower key.

    Parameters
    ----------
    score : Score
        As in `ctre.methods.similarity`: a similarity, or RigL's gradient.
    order : {"highest", "lowest"}, default="highest"
        Which end of the scores is taken; "lowest" reverses the preference.
    candidates : int or None, default=None
        Random absent pairs that the score is measured of for each one to grow, the best of which
        are grown. None: all absent pairs. With 1 they are grown as drawn, and nothing is measured.
    rows : Sample or Batches, default=Sample()
        What the score is measured on.

    Notes
    -----
    Time O(n_rows * n_pre * n_post), memory O(count + block) for all pairs; for n candidates time
    O(n_rows * (n * count + n_pre + n_post)), memory O(n * count + n_pre + n_post).
    """

    score: Score
    order: Literal["highest", "lowest"] = "highest"
    candidates: int | None = setting("candidates", None)
    rows: Rows = Sample()

    def needs(self, stage: Stage) -> Needs:  # noqa: ARG002
        """Need what the score reads, unless there is nothing to choose from."""
        return NOTHING if self.candidates == 1 else {self.rows: reads_of(self.score)}

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose among all absent pairs, or among candidates."""
        if self.candidates == 1:
            return Random().choose(evidence, taken, count)
        form = self.score(evidence.on(self.rows))
        if self.order == "lowest":
            form = form._replace(lowest_first=not form.lowest_first)
        if self.candidates is None or self.candidates * count >= taken.n_absent:
            keys = kernels().best_absent_pairs(
                form, taken.indptr, taken.indices, count, n_threads=evidence.n_threads
            )
            return Growth(keys, n_random=0)
        drawn = Random().choose(evidence, taken, self.candidates * count).keys
        candidates = Topology.from_keys(taken.n_pre, taken.n_post, drawn)
        scores = scores_at(form, candidates, evidence.n_threads)
        best = first_lowest(scores if form.lowest_first else -scores, count)
        return Growth(drawn[best], n_random=0)


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

    def needs(self, stage: Stage) -> Needs:
        """Need what both policies need."""
        return combined(self.first.needs(stage), self.instead.needs(stage))

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose by ``first``, then replace."""
        first = self.first.choose(evidence, taken, count)
        before = evidence.topology
        fresh = first.keys[~before.contains(first.keys)]
        n_missing = count - len(fresh)

        elsewhere = _joined(before, fresh)
        n_elsewhere = min(n_missing, elsewhere.n_absent)
        replaced = self.instead.choose(evidence, elsewhere, n_elsewhere)
        grown = Growth(_merged(fresh, replaced.keys), first.n_random + replaced.n_random)
        if n_elsewhere < n_missing:  # the layer is nearly full: only dropped pairs are left
            rest = self.instead.choose(
                evidence, _joined(taken, grown.keys), n_missing - n_elsewhere
            )
            grown = Growth(_merged(grown.keys, rest.keys), grown.n_random + rest.n_random)
        return grown


@dataclass(frozen=True)
class Switch:
    """What ``first`` chooses, and what ``then`` chooses once a condition holds.

    Parameters
    ----------
    first, then : Grow
        The policies before and after.
    once : callable
        The condition, such as `HasStalled()`; what it looks at never goes back.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, Algorithm 1, lines 7–13.
    """

    first: Grow
    then: Grow
    once: Callable[[Stage], bool]

    def needs(self, stage: Stage) -> Needs:
        """Need what the policy in force needs."""
        return self._in_force(stage).needs(stage)

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose by the policy in force."""
        return self._in_force(evidence.stage).choose(evidence, taken, count)

    def _in_force(self, stage: Stage) -> Grow:
        return self.then if self.once(stage) else self.first


def _merged(some: KeyArray, others: KeyArray) -> KeyArray:
    # Both ascend, and the stable sort merges such runs: six times as fast as the other kinds.
    return np.sort(np.concatenate([some, others]), kind="stable")


def _joined(topology: Topology, keys: KeyArray) -> Topology:
    """Give the topology with a connection at ``keys`` as well."""
    return Topology.from_keys(topology.n_pre, topology.n_post, _merged(topology.keys, keys))
