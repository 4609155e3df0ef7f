"""What every recipe must do, on layers of every kind. A new line in `RECIPES` is enrolled at once.

Two policies that no recipe uses are enrolled by hand: dropping by similarity, and at random.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from generated_layers import EARLY, EVERYTHING, LATE, PATIENCE, kind_layer, layers
from hypothesis import given, settings
from hypothesis import strategies as st

from ctre.errors import InvalidParameterError
from ctre.methods import (
    RECIPES,
    LeastSimilar,
    Method,
    MostSimilar,
    Nothing,
    Random,
    RandomDrop,
    Share,
    bound,
    cosine,
    evolve,
    values_of,
)

METHODS = {recipe.name: recipe.method for recipe in RECIPES if recipe.method is not None} | {
    "(drop least similar)": Method(LeastSimilar(cosine), Random()),
    "(drop random)": Method(RandomDrop(), MostSimilar(cosine)),
}
METHODS = {name: bound(method, {"patience": PATIENCE}) for name, method in METHODS.items()}
METHODS |= {
    f"{name}, few candidates": bound(method, {"candidates": 2})
    for name, method in METHODS.items()
    if "candidates" in values_of(method)
}
few = settings(max_examples=2 * settings.default.max_examples // 5)  # of each recipe and stage

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
GROWING = {name: method for name, method in METHODS.items() if method.grow != Nothing()}
PRUNING = {name: method for name, method in METHODS.items() if method.grow == Nothing()}
every_growing_method = pytest.mark.parametrize("method", GROWING.values(), ids=GROWING)
every_pruning_method = pytest.mark.parametrize("method", PRUNING.values(), ids=PRUNING)
every_stage = pytest.mark.parametrize("stage", [EARLY, LATE], ids=["early", "late"])
drop_fractions = st.one_of(st.just(1.0), st.floats(0, 1))


def update(layer, method, drop_fraction=0.3, stage=EARLY, seed=0, sparse=False):
    if isinstance(method.pace, Share):
        method = replace(method, pace=Share(drop_fraction))
    return evolve(layer.evidence(method.needs(stage), stage, seed, sparse=sparse), method)


@every_growing_method
@every_stage
@few
@given(layer=layers(), drop_fraction=drop_fractions, sparse=st.booleans())
def test_the_budget_is_kept_exactly(method, stage, layer, drop_fraction, sparse):
    """Planted: the paper code's redraw, which may hit a pair that was just grown."""
    old = layer.topology
    n_absent = old.n_places - old.n_connections
    count = min(int(drop_fraction * old.n_connections), n_absent)

    evolution = update(layer, method, drop_fraction, stage, sparse=sparse)

    new = evolution.change.new
    assert (new.n_pre, new.n_post) == (old.n_pre, old.n_post)
    assert new.n_connections == old.n_connections
    assert np.all(np.diff(new.keys) > 0)
    assert new.keys[0] >= 0
    assert new.keys[-1] < old.n_places
    assert evolution.change.n_died == evolution.change.n_born == count - evolution.n_regrown
    assert 0 <= evolution.n_random <= count


@every_pruning_method
@every_stage
@few
@given(layer=layers(), shortfall=st.integers(0, 81))
def test_pruning_never_goes_below_the_budget(method, stage, layer, shortfall):
    old = layer.topology
    budget = max(1, old.n_connections - shortfall)
    evidence = replace(layer.evidence(method.needs(stage), stage), budget=budget)
    evolution = evolve(evidence, method)
    assert evolution.change.n_born == 0
    assert budget <= evolution.change.new.n_connections <= old.n_connections
    assert np.isin(evolution.change.new.keys, old.keys).all()


@every_method
@every_stage
def test_the_seed_decides(method, stage):
    layer = kind_layer(1)
    first, again, other = (update(layer, method, 0.5, stage, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.change.new.keys, again.change.new.keys)
    uses_chance = first.n_random > 0 or isinstance(method.drop, RandomDrop)
    uses_chance |= values_of(method).get("candidates") is not None and bool(method.needs(stage))
    differs = not np.array_equal(first.change.new.keys, other.change.new.keys)
    assert differs == uses_chance


@every_method
@every_stage
@few
@given(layer=layers())
def test_evidence_that_was_not_declared_changes_nothing(method, stage, layer):
    """Planted: a `needs` without the activations that `choose` reads."""
    frugal = evolve(layer.evidence(method.needs(stage), stage), method)
    lavish = evolve(layer.evidence(EVERYTHING, stage), method)
    np.testing.assert_array_equal(frugal.change.new.keys, lavish.change.new.keys)


@every_method
@every_stage
def test_evidence_that_was_declared_is_read(method, stage):
    """Planted: a switch that needs what both of its policies need, whichever is in force."""
    evidence = kind_layer(2).evidence({}, stage)
    if not method.needs(stage):
        evolve(evidence, method)
        return
    with pytest.raises(InvalidParameterError, match=r"evidence must be observed on .* got none"):
        evolve(evidence, method)
    for rows, reads in method.needs(stage).items():
        for part in reads:
            without = kind_layer(2).evidence({rows: reads - {part}}, stage)
            with pytest.raises(InvalidParameterError, match=f"evidence must hold '{part}'"):
                evolve(without, method)


@every_method
@every_stage
@pytest.mark.parametrize("seed", range(3))
def test_sparse_samples_mean_the_same_as_dense_ones(method, stage, seed):
    layer = kind_layer(seed)
    layer.pre.setflags(write=True)
    layer.pre[np.abs(layer.pre) < 0.7] = 0  # about half
    layer.pre[:, 3] = 0
    dense = update(layer, method, 0.3, stage)
    sparse = update(layer, method, 0.3, stage, sparse=True)
    np.testing.assert_array_equal(dense.change.new.keys, sparse.change.new.keys)


@every_method
def test_a_full_layer_stays_as_it_is(method):
    layer = kind_layer(3, n_pre=4, n_post=3, count=12)
    evolution = update(layer, method, drop_fraction=1.0)
    assert evolution.change.new is layer.topology
    assert evolution == (evolution.change, 0, 0)


@pytest.mark.parametrize("drop_fraction", [-0.1, 1.1, float("nan")])
def test_a_drop_fraction_outside_0_to_1_is_refused(drop_fraction):
    with pytest.raises(InvalidParameterError, match=r"drop_fraction must be in \[0, 1\], got"):
        update(kind_layer(4), METHODS["set"], drop_fraction)


@pytest.mark.parametrize(
    ("drop_fraction", "count"), [(0.0, 0), (0.099, 0), (0.1, 1), (0.19, 1), (0.2, 2), (1.0, 10)]
)
def test_the_drop_count_is_rounded_down(drop_fraction, count):
    """Planted: `round`."""
    layer = kind_layer(5, n_pre=5, n_post=5, count=10)
    evolution = update(layer, METHODS["set"], drop_fraction)
    assert evolution.change.n_died + evolution.n_regrown == count


@pytest.mark.parametrize(("n_absent", "count"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (5, 3)])
def test_the_drop_count_stops_at_the_number_of_absent_pairs(n_absent, count):
    n_connections = 20 - n_absent
    layer = kind_layer(6, n_pre=4, n_post=5, count=n_connections)
    evolution = update(layer, METHODS["set"], drop_fraction=3.5 / n_connections)
    assert evolution.change.n_died + evolution.n_regrown == count
