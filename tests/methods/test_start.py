"""What training begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from generated_layers import frozen_csr
from scipy.special import softmax

from ctre.methods import RECIPES, ErdosRenyi, Full, Snip, StartPlan, start

SIZES = (7, 9, 8, 3)
COUNTS = (20, 1, 24)
PLACES = (63, 72, 24)


def draw(rng, _n_pre, _n_post, count):
    return rng.normal(0, 1, count).astype(np.float32)


@pytest.fixture
def plan(rng):
    return StartPlan(
        layer_sizes=SIZES,
        counts=COUNTS,
        draw_weights=draw,
        seed=np.random.SeedSequence(5),
        samples=rng.standard_normal((6, 7)).astype(np.float32),
        targets=np.array([0, 2, 1, 1, 0, 2], dtype=np.int32),
        activation="relu",
        loss="softmax_cross_entropy",
    )


starts = {recipe.start: recipe.start for recipe in RECIPES}
every_start = pytest.mark.parametrize("rule", starts, ids=repr)


@every_start
def test_every_layer_has_the_planned_connections(rule, plan):
    layers = rule.layers(plan)
    assert [(layer.topology.n_pre, layer.topology.n_post) for layer in layers] == [
        (7, 9), (9, 8), (8, 3)
    ]  # fmt: skip
    counts = tuple(layer.topology.n_connections for layer in layers)
    if rule == Snip(over="network"):
        assert sum(counts) == sum(COUNTS)
    else:
        assert counts == (PLACES if rule == Full() else COUNTS)
    for layer in layers:
        assert layer.weights.shape == (layer.topology.n_connections,)
        assert layer.weights.dtype == np.float32


@every_start
def test_the_seed_decides_the_start(rule, plan):
    first, again = rule.layers(plan), rule.layers(plan)
    other = rule.layers(replace(plan, seed=np.random.SeedSequence(6)))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a.topology.keys, b.topology.keys)
        np.testing.assert_array_equal(a.weights, b.weights)
        assert not np.array_equal(a.weights, c.weights)


def test_erdos_renyi_connects_every_place_equally_often(plan):
    times = np.zeros(63)
    for seed in range(1000):
        layer, *_ = ErdosRenyi().layers(replace(plan, seed=np.random.SeedSequence(seed)))
        times[layer.topology.keys] += 1
    spread = np.sqrt(1000 * (20 / 63) * (43 / 63))
    assert np.abs(times - 1000 * 20 / 63).max() < 4 * spread


def saliency(plan, dense):
    """Compute |gradient * weight| of a dense network in float64, one array (n_pre, n_post) each."""
    before, values = [], np.float64(plan.samples)
    for number, weights in enumerate(dense):
        values = np.maximum(values, 0) if number else values
        before.append(values)
        values = values @ weights
    signals = (softmax(values, axis=1) - np.eye(3)[plan.targets]) / len(values)
    answer = []
    for weights, inputs in zip(dense[::-1], before[::-1], strict=True):
        answer.append(np.abs(inputs.T @ signals * weights))
        signals = signals @ weights.T * (inputs > 0)
    return answer[::-1]


@pytest.mark.parametrize("block", [2**20, 20, 1], ids=["one block", "blocks", "rows"])
def test_snip_keeps_the_most_salient_places_with_their_weights(block, plan, monkeypatch):
    """All places give the dense start itself; planted: the gradient without the weight."""
    monkeypatch.setattr(start, "_BLOCK", block)
    whole = Snip().layers(replace(plan, counts=PLACES))
    dense = [layer.topology.as_matrix(layer.weights).toarray() for layer in whole]
    for layer, weights, wanted in zip(
        Snip().layers(plan), dense, saliency(plan, dense), strict=True
    ):
        by_key = wanted.T.ravel()
        count = layer.topology.n_connections
        np.testing.assert_array_equal(layer.topology.keys, np.sort(np.argsort(-by_key)[:count]))
        np.testing.assert_array_equal(layer.weights, weights.T.ravel()[layer.topology.keys])


@pytest.mark.parametrize("counts", [COUNTS, (1, 0, 0), PLACES], ids=["some", "one", "all"])
def test_snip_over_the_network_has_one_threshold(counts, plan):
    """Planted mistake: each layer offers only as many as it is planned to have."""
    whole = Snip().layers(replace(plan, counts=PLACES))
    dense = [layer.topology.as_matrix(layer.weights).toarray() for layer in whole]
    by_key = [wanted.T.ravel() for wanted in saliency(plan, dense)]
    threshold = np.sort(np.concatenate(by_key))[-sum(counts)]
    layers = Snip(over="network").layers(replace(plan, counts=counts))
    for layer, wanted, weights in zip(layers, by_key, dense, strict=True):
        np.testing.assert_array_equal(layer.topology.keys, np.flatnonzero(wanted >= threshold))
        np.testing.assert_array_equal(layer.weights, weights.T.ravel()[layer.topology.keys])


def test_snip_reads_sparse_samples(plan):
    samples = np.where(np.abs(plan.samples) < 0.7, 0, plan.samples)
    dense = Snip().layers(replace(plan, samples=samples))
    sparse = Snip().layers(replace(plan, samples=frozen_csr(samples)))
    for a, b in zip(dense, sparse, strict=True):
        np.testing.assert_array_equal(a.topology.keys, b.topology.keys)


def test_snip_counts_every_row_by_its_weight(plan):
    """A row of weight 0 is as good as absent, one of weight 2 as good as twice there.

    Planted: weights that are ignored, as they were.
    """
    weighted = replace(plan, sample_weight=np.float32([0, 1, 1, 2, 0, 1]))
    repeated = replace(
        plan, samples=plan.samples[[1, 2, 3, 3, 5]], targets=plan.targets[[1, 2, 3, 3, 5]]
    )
    layers = [Snip().layers(each) for each in (weighted, repeated, plan)]
    keys = [[layer.topology.keys.tolist() for layer in each] for each in layers]
    assert keys[0] == keys[1] != keys[2]
