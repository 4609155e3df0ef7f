from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from generated_layers import ACTIVATIONS, EARLY, LATE, PATIENCE, kind_layer, layers
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from ctre.methods import (
    Batches,
    HasStalled,
    Method,
    MostSimilar,
    Random,
    ReplaceRegrown,
    Share,
    SmallestMagnitude,
    Stage,
    Switch,
    cosine,
    evolve,
    get_recipe,
    gradient,
)
from ctre.topology import Topology

CTRE_SIM = ReplaceRegrown(MostSimilar(cosine), instead=Random())


def absent_keys(layer):
    return np.setdiff1d(np.arange(layer.topology.n_places), layer.topology.keys)


# Random


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_random_gives_every_set_of_absent_pairs_the_same_chance(count):
    """Fewer than half of the absent pairs and more are drawn in two ways: both are tried."""
    layer = kind_layer(0, n_pre=4, n_post=5, count=14)
    sets = dict.fromkeys(combinations(absent_keys(layer).tolist(), count), 0)
    evidence = layer.evidence({})
    for _ in range(200 * len(sets)):
        sets[tuple(Random().choose(evidence, layer.topology, count).keys.tolist())] += 1
    assert chisquare(list(sets.values())).pvalue > 0.001


def test_random_reaches_places_whose_key_needs_64_bits():
    n = 70_000
    taken = Topology.from_keys(n, n, np.array([0, n * n - 1]))
    layer = kind_layer(0)
    keys = Random().choose(layer.evidence({}), taken, 1000).keys
    assert len(np.unique(keys)) == 1000
    assert keys.min() >= 0
    assert 2**32 < keys.max() < n * n


# MostSimilar is tested with the scores, in test_similarity.py


# A limited number of candidates


def candidates_of(layer, n_candidates, policy, count, taken=None, rng_seed=0):
    policy = replace(policy, candidates=n_candidates)
    evidence = layer.evidence(policy.needs(EARLY), seed=rng_seed)
    return policy.choose(evidence, taken or layer.topology, count)


SCORING = {
    "highest": MostSimilar(cosine),
    "lowest": MostSimilar(cosine, order="lowest"),
    "gradient": MostSimilar(gradient, rows=Batches(2)),
}
every_scoring_policy = pytest.mark.parametrize("policy", SCORING.values(), ids=SCORING)


@every_scoring_policy
def test_one_candidate_each_is_random_growth_to_the_last_draw(policy):
    layer = kind_layer(0)
    assert not replace(policy, candidates=1).needs(EARLY)
    random = Random().choose(layer.evidence({}), layer.topology, 30)
    one = candidates_of(layer, 1, policy, 30)
    assert one.keys.tolist() == random.keys.tolist()
    assert one.n_random == random.n_random == 30


@every_scoring_policy
def test_the_best_of_the_candidates_are_grown(policy):
    """Planted: the worst ones; candidates drawn with repetition; the first instead of the best."""
    layer = kind_layer(1)
    drawn = Random().choose(layer.evidence({}), layer.topology, 4 * 25).keys
    grown = candidates_of(layer, 4, policy, 25)
    ranked = candidates_of(layer, None, policy, layer.topology.n_absent - 1)  # all but the worst
    assert np.isin(grown.keys, drawn).all()
    assert np.isin(grown.keys, ranked.keys).all()
    assert grown.n_random == 0
    everything_else = Topology.from_keys(30, 20, np.setdiff1d(np.arange(600), drawn))
    exact = candidates_of(layer, None, policy, 25, taken=everything_else)
    np.testing.assert_array_equal(grown.keys, exact.keys)


@every_scoring_policy
@pytest.mark.parametrize("n_candidates", [16, 10**12])
def test_enough_candidates_are_all_absent_pairs(policy, n_candidates):
    """480 absent places: 16 times 30 are all of them, and nothing is drawn."""
    layer = kind_layer(2)
    policy = replace(policy, candidates=n_candidates)
    evidence = layer.evidence(policy.needs(EARLY))
    before = evidence.rng.bit_generator.state
    grown = policy.choose(evidence, layer.topology, 30)
    assert evidence.rng.bit_generator.state == before
    exact = candidates_of(layer, None, policy, 30)
    np.testing.assert_array_equal(grown.keys, exact.keys)


def test_more_candidates_find_more_similar_pairs():
    layer = kind_layer(3, n_pre=60, n_post=50)
    similarity = np.abs(layer.pre.T @ layer.post)
    similarity /= np.linalg.norm(layer.pre, axis=0)[:, None] * np.linalg.norm(layer.post, axis=0)
    means = []
    for n_candidates in (1, 3, 10, None):
        keys = candidates_of(layer, n_candidates, MostSimilar(cosine), 50).keys
        means.append(similarity.T.ravel()[keys].mean())
    assert means == sorted(means)
    assert means[2] > means[0] + 0.2


# MostSimilar(gradient)


@pytest.mark.parametrize("sparse", [False, True])
def test_largest_gradient_takes_the_largest_entries_of_the_dense_gradient(sparse):
    layer = kind_layer(1)
    (before, signals), *_ = layer.batches
    want = np.abs(np.float64(before).T @ signals).T.ravel()
    absent = absent_keys(layer)
    want = np.sort(absent[np.argsort(-want[absent])[:50]])
    policy = MostSimilar(gradient, rows=Batches())
    got = policy.choose(layer.evidence(policy.needs(EARLY), sparse=sparse), layer.topology, 50)
    np.testing.assert_array_equal(got.keys, want)
    assert got.n_random == 0


@pytest.mark.parametrize("sparse", [False, True])
def test_largest_gradient_weighs_older_batches_less(sparse):
    """Planted: magnitudes summed over batches, instead of the magnitude of the sum."""
    layer = kind_layer(2)
    total = sum(
        0.5**age * (np.float64(before).T @ signals)
        for age, (before, signals) in enumerate(layer.batches)
    )
    want = np.abs(total).T.ravel()
    absent = absent_keys(layer)
    want = np.sort(absent[np.argsort(-want[absent])[:50]])
    policy = MostSimilar(gradient, rows=Batches(3, decay=0.5))
    got = policy.choose(layer.evidence(policy.needs(EARLY), sparse=sparse), layer.topology, 50)
    np.testing.assert_array_equal(got.keys, want)


# ReplaceRegrown


@given(layer=layers(), drop_fraction=st.floats(0, 1), order=st.sampled_from(["highest", "lowest"]))
def test_what_was_dropped_is_not_brought_back(layer, drop_fraction, order):
    """By an update there are always as many other absent pairs as are dropped."""
    grow = ReplaceRegrown(MostSimilar(cosine, order), instead=Random())
    method = Method(SmallestMagnitude(), grow, pace=Share(drop_fraction))
    evolution = evolve(layer.evidence(ACTIVATIONS), method)
    assert evolution.n_regrown == 0


def test_similar_pairs_that_were_not_dropped_are_kept():
    """Planted: all pairs redrawn if one was dropped."""
    layer = kind_layer(3)
    old = layer.topology
    survivors = Topology.from_keys(30, 20, np.delete(old.keys, np.arange(40)))
    evidence = layer.evidence(ACTIVATIONS)
    similar = MostSimilar(cosine).choose(evidence, survivors, 40).keys
    fresh = np.setdiff1d(similar, old.keys)
    assert 0 < len(fresh) < 40

    grown = CTRE_SIM.choose(evidence, survivors, 40)

    assert np.isin(fresh, grown.keys).all()
    assert not np.isin(grown.keys, old.keys).any()
    assert grown.n_random == 40 - len(fresh)


@pytest.mark.parametrize(("n_absent", "n_brought_back"), [(7, 0), (6, 0), (5, 0), (4, 1), (0, 5)])
def test_dropped_pairs_come_back_only_when_nothing_else_is_absent(n_absent, n_brought_back):
    """Five are dropped of a layer where other pairs are absent or are not: both sides of it."""
    layer = kind_layer(4, n_pre=6, n_post=5, count=30 - n_absent)
    old = layer.topology
    dropped, surviving = old.keys[3:8], np.delete(old.keys, np.arange(3, 8))
    survivors = Topology.from_keys(6, 5, surviving)

    grown = CTRE_SIM.choose(layer.evidence(ACTIVATIONS), survivors, 5).keys

    assert len(np.unique(grown)) == 5
    assert not np.isin(grown, surviving).any()
    assert np.isin(grown, dropped).sum() == n_brought_back


# Switch


@pytest.mark.parametrize("name", ["ctre-seq", "ctre-seq-hebb"])
@pytest.mark.parametrize(
    ("longest_stall", "is_random"), [(0, False), (39, False), (40, True), (41, True), (400, True)]
)
def test_ctre_seq_turns_random_once_training_has_stalled(name, longest_stall, is_random):
    """Planted: a patience off by one."""
    method = get_recipe(name).method
    stage = Stage(3, 10, longest_stall)
    evolution = evolve(kind_layer(5).evidence(method.needs(stage), stage), method)
    assert method.needs(stage) == ({} if is_random else ACTIVATIONS)
    assert evolution.n_random == (24 if is_random else 0)


@pytest.mark.parametrize(("longest_stall", "is_random"), [(39, True), (40, False), (41, False)])
def test_random_first_is_the_other_way_round(longest_stall, is_random):
    method = get_recipe("ctre-seq-random-first").method
    stage = Stage(3, 10, longest_stall)
    evolution = evolve(kind_layer(5).evidence(method.needs(stage), stage), method)
    assert evolution.n_random == (24 if is_random else 0)


@pytest.mark.parametrize(("epoch", "is_random"), [(1, True), (5, True), (6, False), (9, False)])
def test_half_is_random_in_the_first_half_of_the_epochs(epoch, is_random):
    method = get_recipe("ctre-seq-half").method
    stage = Stage(epoch, 10, longest_stall=99)
    evolution = evolve(kind_layer(5).evidence(method.needs(stage), stage), method)
    assert evolution.n_random == (24 if is_random else 0)


@pytest.mark.parametrize(("stage", "in_force"), [(EARLY, "first"), (LATE, "then")])
def test_a_switch_needs_and_chooses_as_the_policy_in_force(stage, in_force):
    layer = kind_layer(6)
    switch = Switch(
        MostSimilar(cosine),
        then=MostSimilar(gradient, rows=Batches()),
        once=HasStalled(PATIENCE),
    )
    policy = getattr(switch, in_force)
    assert switch.needs(stage) == policy.needs(stage)
    evidence = layer.evidence(policy.needs(stage), stage)
    np.testing.assert_array_equal(
        switch.choose(evidence, layer.topology, 30).keys,
        policy.choose(evidence, layer.topology, 30).keys,
    )
