from __future__ import annotations

import numpy as np
import pytest
from generated_layers import ACTIVATIONS, GeneratedLayer, kind_layer, topology

from ctre.methods import (
    LeastSimilar,
    NearestZeroEachSign,
    RandomDrop,
    SmallestMagnitude,
    cosine,
)


def layer_of(weights, rng):
    weights = np.float32(weights)
    none = np.empty((0, 0), np.float32)
    return GeneratedLayer(
        topology(rng, len(weights), 3, len(weights)), weights, none, none, batches=()
    )


def dropped(rule, weights, count, rng):
    return rule.choose(layer_of(weights, rng).evidence({}), count).tolist()


def test_smallest_magnitude_looks_at_the_magnitude(rng):
    assert dropped(SmallestMagnitude(), [-3, 0.5, 2, -0.25, 1], 2, rng) == [1, 3]


def test_smallest_magnitude_counts_zero_as_smallest(rng):
    assert dropped(SmallestMagnitude(), [-3, 0.5, 0.0, -0.0, 1], 2, rng) == [2, 3]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_smallest_magnitude_gives_ties_to_the_lower_key(count, rng):
    assert dropped(SmallestMagnitude(), [2, -1, 1, -1, 1], count, rng) == sorted(
        [1, 2, 3, 4, 0][:count]
    )


@pytest.mark.parametrize("count", [0, 1, 33_333, 50_001, 99_999, 100_000])
def test_smallest_magnitude_is_stable_in_a_large_array_of_two_values(count, rng):
    """Planted: an unstable sort. Small arrays, or equal values only, would not show it."""
    weights = rng.choice(np.float32([-1, 1, 2]), size=100_000)
    want = np.sort(np.argsort(np.abs(weights), kind="stable")[:count])
    assert dropped(SmallestMagnitude(), weights, count, rng) == want.tolist()


def test_nearest_zero_each_sign_takes_the_same_share_of_either(rng):
    """Planted: magnitudes alone, which would drop only the positive ones here."""
    weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, -10, -20, -30]
    assert dropped(NearestZeroEachSign(), weights, 3, rng) == [0, 1, 6]
    assert dropped(NearestZeroEachSign(), weights, 6, rng) == [0, 1, 2, 3, 6, 7]


@pytest.mark.parametrize("weights", [[1, 2, 3, 4], [-1, -2, -3, -4], [0, 0, 0, 0], [-1, 2, 2, 2]])
@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_nearest_zero_each_sign_drops_as_many_as_asked(weights, count, rng):
    positions = dropped(NearestZeroEachSign(), weights, count, rng)
    assert len(set(positions)) == count
    assert positions == sorted(positions)


def test_least_similar_drops_the_pairs_of_lowest_cosine():
    layer = kind_layer(0)
    a, b = np.float64(layer.pre), np.float64(layer.post)
    scores = abs(a.T @ b) / np.linalg.norm(a, axis=0)[:, None] / np.linalg.norm(b, axis=0)
    at = scores[layer.topology.indices, layer.topology.post_indices]
    positions = LeastSimilar(cosine).choose(layer.evidence(ACTIVATIONS), 40)
    np.testing.assert_array_equal(positions, np.sort(np.argsort(at)[:40]))


def test_random_drop_gives_every_connection_the_same_chance(rng):
    counts = np.zeros(10)
    for seed in range(2000):
        evidence = layer_of(np.arange(10), rng).evidence({}, seed=seed)
        counts[RandomDrop().choose(evidence, 1)] += 1
    assert counts.sum() == 2000
    assert np.square(counts - 200).sum() / 200 < 27.9  # chi-square of 9, one in a thousand
