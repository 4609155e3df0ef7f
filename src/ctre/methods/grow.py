"""Which connections arrive: ways to choose, and two to combine choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, issparse, vstack

from ctre._typing import KeyArray
from ctre.kernels import BilinearForm, Samples, kernels
from ctre.methods.policy import Evidence, Grow, Growth, Needs, Stage, WeightsSuffice
from ctre.methods.similarity import Score, scores_at
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
        The similarity, as in `ctre.methods.similarity`.
    order : {"highest", "lowest"}, default="highest"
        Which end of the scores is taken; "lowest" reverses the preference.
    """

    score: Score
    order: Literal["highest", "lowest"] = "highest"

    def needs(self, stage: Stage) -> Needs:
        """Need the activations of both sides, unless there is nothing to choose from."""
        return Needs(activations=stage.n_candidates != 1)

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose among all absent pairs, or as many candidates as the stage says."""
        return _best(self._form, evidence, taken, count)

    def _form(self, evidence: Evidence) -> BilinearForm:
        form = self.score(*evidence.activations())
        if self.order == "lowest":
            form = form._replace(lowest_first=not form.lowest_first)
        return form


def _best(
    form_of: Callable[[Evidence], BilinearForm], evidence: Evidence, taken: Topology, count: int
) -> Growth:
    """Choose the places of best score, of all absent ones or of some that are drawn.

    Time O(n_rows * n_pre * n_post), memory O(count + block) for all; for n candidates time
    O(n_rows * (n * count + n_pre + n_post)), memory O(n * count + n_pre + n_post).
    """
    n_candidates = evidence.stage.n_candidates
    if n_candidates == 1:
        return Random().choose(evidence, taken, count)
    form = form_of(evidence)
    if n_candidates is None or n_candidates * count >= taken.n_absent:
        keys = kernels().best_absent_pairs(
            form, taken.indptr, taken.indices, count, n_threads=evidence.n_threads
        )
        return Growth(keys, n_random=0)
    drawn = Random().choose(evidence, taken, n_candidates * count).keys
    candidates = Topology.from_keys(taken.n_pre, taken.n_post, drawn)
    scores = scores_at(form, candidates, evidence.n_threads)
    best = first_lowest(scores if form.lowest_first else -scores, count)
    return Growth(drawn[best], n_random=0)


@dataclass(frozen=True)
class LargestGradient:
    """The absent pairs whose weight would have the loss's largest gradient, in magnitude.

    Parameters
    ----------
    n_batches : int, default=1
        Batches the gradient is gathered over. One is RigL's rule.
    decay : float, default=0.9
        Each further batch counts this much of the one before. With many batches this is the
        momentum of the absent weights, as Dettmers and Zettlemoyer grow by, without the dense
        array they keep: batches further back are left out, and every gradient is taken at the
        weights of now instead of then.

    References
    ----------
    .. [1] Evci et al., "Rigging the Lottery", ICML 2020.
    .. [2] Dettmers and Zettlemoyer, "Sparse Networks from Scratch", 2019.
    """

    n_batches: int = 1
    decay: float = 0.9

    def needs(self, stage: Stage) -> Needs:
        """Need the gradients, unless there is nothing to choose from."""
        return Needs(gradient_batches=0 if stage.n_candidates == 1 else self.n_batches)

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        """Choose among all absent pairs, or as many candidates as the stage says."""
        return _best(self._form, evidence, taken, count)

    def _form(self, evidence: Evidence) -> BilinearForm:
        batches = evidence.gradients(self.n_batches)
        return BilinearForm(
            _stacked([before for before, _ in batches]),
            np.concatenate([signals * self.decay**age for age, (_, signals) in enumerate(batches)]),
        )


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
        return self.first.needs(stage).union(self.instead.needs(stage))

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
        The condition, such as `Stage.has_stalled`; what it looks at never goes back.

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


def _stacked(batches: Sequence[Samples]) -> Samples:
    if issparse(batches[0]):
        return csr_array(vstack(batches, format="csr"))
    return np.concatenate(batches)


def _merged(some: KeyArray, others: KeyArray) -> KeyArray:
    # Both ascend, and the stable sort merges such runs: six times as fast as the other kinds.
    return np.sort(np.concatenate([some, others]), kind="stable")


def _joined(topology: Topology, keys: KeyArray) -> Topology:
    """Give the topology with a connection at ``keys`` as well."""
    return Topology.from_keys(topology.n_pre, topology.n_post, _merged(topology.keys, keys))
