"""Topology updates of somebody else's weights."""

from __future__ import annotations

import numpy as np
import pytest

from ctre.methods import (
    FromInputs,
    HasStalled,
    LayerEvidence,
    Method,
    MostSimilar,
    Random,
    ReplaceRegrown,
    Sample,
    Share,
    SmallestMagnitude,
    Stage,
    Switch,
    Timing,
    cosine,
)
from ctre.topology import Topology
from ctre.training import Evolver

METHOD = Method(
    SmallestMagnitude(),
    ReplaceRegrown(MostSimilar(cosine, rows=Sample(8)), instead=Random()),
    pace=Share(0.25),
    timing=Timing(interval=2),
)


class Owner:
    """Keeps, per connection, a weight and what it has seen of it; no optimizer of ours."""

    def __init__(self, rng, n_pre, n_post, count):
        self.topology = Topology.random(n_pre, n_post, count, rng)
        self.weights = rng.standard_normal(count).astype(np.float32)
        self.ages = np.ones(count, dtype=np.float32)

    def apply(self, change, newborn):
        self.weights = change.carry(self.weights, newborn)
        self.ages = change.carry(self.ages) + 1
        self.topology = change.new


def draw(rng, _n_pre, _n_post, count):
    return rng.normal(5, 0, count).astype(np.float32)


@pytest.fixture
def owners(rng):
    return [Owner(rng, 12, 10, 40), Owner(rng, 10, 6, 20)]


def observe_with(asked):
    def observe(rows, reads):
        asked.append((rows, reads))
        rng = np.random.default_rng(3)
        sides = [rng.standard_normal((rows.size, n)).astype(np.float32) for n in (12, 10, 6)]
        return [LayerEvidence(sides[0], sides[1]), LayerEvidence(sides[1], sides[2])]

    return observe


def evolver(method=METHOD, seed=0, draw_newborn=draw):
    return Evolver(method, (40, 20), draw_newborn, np.random.SeedSequence(seed))


def test_whoever_owns_weights_can_have_them_evolved(owners):
    asked = []
    evolutions = evolver().update(owners, Stage(2, 10), observe_with(asked))
    assert asked == [(Sample(8), {"pre", "post"})]  # once for all layers
    for owner, evolution, count in zip(owners, evolutions, (40, 20), strict=True):
        assert owner.topology is evolution.change.new
        assert owner.topology.n_connections == len(owner.weights) == count
        born = evolution.change.born
        assert len(born) == count // 4
        assert (owner.weights[born] == 5).all()
        assert (owner.ages[born] == 1).all()
        assert np.count_nonzero(owner.ages == 2) == count - len(born)


@pytest.mark.parametrize("step", [1, 3, 10])
def test_nothing_is_asked_or_changed_before_it_is_time(owners, step):
    """Nor after the last step: nothing would train what was grown."""
    asked, before = [], [owner.topology for owner in owners]
    assert evolver().update(owners, Stage(step, 10), observe_with(asked)) == []
    assert [owner.topology for owner in owners] == before
    assert not asked


def test_only_what_the_stage_needs_is_asked_for(owners):
    switch = Switch(MostSimilar(cosine), then=Random(), once=HasStalled(3))
    asked = []
    stalled = Stage(2, 10, longest_stall=3)
    evolver(Method(SmallestMagnitude(), switch)).update(owners, stalled, observe_with(asked))
    assert not asked


def test_its_generators_are_its_state(rng):
    """Planted: a generator that is not among them."""

    def draw_any(rng, _n_pre, _n_post, count):
        return rng.normal(size=count).astype(np.float32)

    one, other = (evolver(seed=seed, draw_newborn=draw_any) for seed in (1, 2))
    for name, generator in one.generators.items():
        other.generators[name].bit_generator.state = generator.bit_generator.state
    found = []
    for each in (one, other):
        layers = [Owner(np.random.default_rng(7), 12, 10, 40), Owner(rng, 10, 6, 20)]
        each.update(layers, Stage(2, 10), observe_with([]))
        found.append((layers[0].topology.keys.tolist(), layers[0].weights.tolist()))
    assert found[0] == found[1]


def test_the_first_layer_is_the_one_at_the_inputs(owners):
    """Planted: a policy for the inputs that is in force everywhere, or nowhere."""
    grow = FromInputs(inputs=MostSimilar(cosine, rows=Sample(8)), hidden=Random())
    method = Method(SmallestMagnitude(), grow, pace=Share(0.25))
    first, second = evolver(method).update(owners, Stage(2, 10), observe_with([]))
    assert (first.n_random, second.n_random) == (0, 5)
