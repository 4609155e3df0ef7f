"""Topologies hold exactly what was asked for, and changes say exactly what happened."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from ctre.errors import InvalidParameterError
from ctre.topology import Topology, TopologyChange, sample_distinct

SIZES = st.integers(1, 12)


@st.composite
def key_sets(draw, n_pre, n_post):
    """Keys of any layer of that size: from none to all, so with empty rows and columns."""
    return np.array(sorted(draw(st.sets(st.integers(0, n_pre * n_post - 1)))), dtype=np.int64)


@st.composite
def topologies(draw):
    n_pre, n_post = draw(SIZES), draw(SIZES)
    return Topology.from_keys(n_pre, n_post, draw(key_sets(n_pre, n_post)))


@st.composite
def changes(draw):
    n_pre, n_post = draw(SIZES), draw(SIZES)
    old, new = (Topology.from_keys(n_pre, n_post, draw(key_sets(n_pre, n_post))) for _ in "12")
    return TopologyChange(old, new)


def drawing_of_the_docstring():
    return Topology.from_keys(3, 2, np.array([0, 2, 4]))


def test_the_drawing_in_the_docstring_is_true():
    topology = drawing_of_the_docstring()
    assert topology.indptr.tolist() == [0, 2, 3]
    assert topology.indices.tolist() == [0, 2, 1]
    assert topology.post_indices.tolist() == [0, 0, 1]
    assert topology.in_degrees.tolist() == [2, 1]
    assert topology.out_degrees.tolist() == [1, 1, 1]
    assert topology.n_connections == 3
    assert topology.n_places == 6
    assert topology.density == 0.5


@given(topologies())
def test_keys_survive_the_way_through_both_arrays(topology):
    again = Topology(topology.n_pre, topology.n_post, topology.indptr, topology.indices)
    assert again.keys.tolist() == topology.keys.tolist()
    assert topology.in_degrees.sum() == topology.out_degrees.sum() == topology.n_connections
    assert len(topology.in_degrees) == topology.n_post
    assert len(topology.out_degrees) == topology.n_pre


@given(topologies())
def test_array_types_are_the_declared_ones(topology):
    for array in (topology.indptr, topology.indices, topology.post_indices):
        assert array.dtype == np.int32
    assert topology.in_degrees.dtype == topology.out_degrees.dtype == np.int32
    assert topology.keys.dtype == np.int64


def test_keys_pass_32_bits():
    n = 70_000  # n * n is above 2**32
    keys = np.array([0, 2**31 - 1, 2**31, 2**32 + 7, n * n - 1])
    topology = Topology.from_keys(n, n, keys)
    again = Topology(n, n, topology.indptr, topology.indices)  # keys computed, not remembered
    assert again.keys.tolist() == keys.tolist()
    assert topology.n_places == 4_900_000_000
    assert topology.indices[-1] == topology.post_indices[-1] == n - 1


@pytest.mark.parametrize(
    "keys", [[-1, 2], [0, 6], [1, 1], [2, 1]], ids=["negative", "outside", "twice", "descending"]
)
def test_keys_that_cannot_be_are_refused(keys):
    with pytest.raises(InvalidParameterError, match=r"strictly ascending within \[0, 6\)"):
        Topology.from_keys(3, 2, np.array(keys))


def test_nothing_of_a_topology_can_be_changed():
    topology = drawing_of_the_docstring()
    for array in (topology.indptr, topology.indices, topology.keys):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        topology.n_pre = 4


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda topology: pickle.loads(pickle.dumps(topology))]
)
def test_a_copy_is_as_immutable_as_the_original(duplicate):
    topology = duplicate(drawing_of_the_docstring())
    assert topology.keys.tolist() == [0, 2, 4]
    assert not any(x.flags.writeable for x in (topology.indptr, topology.indices, topology.keys))


def test_the_keys_handed_in_stay_the_callers():
    keys = np.array([0, 2, 4])
    topology = Topology.from_keys(3, 2, keys)
    keys[0] = 1
    assert topology.keys.tolist() == [0, 2, 4]


@given(topologies())
def test_a_matrix_shares_the_memory_of_topology_and_weights(topology):
    weights = np.arange(1, topology.n_connections + 1, dtype=np.float32)
    matrix = topology.as_matrix(weights)
    if topology.n_connections:
        assert np.shares_memory(matrix.data, weights)
        assert np.shares_memory(matrix.indices, topology.indices)
    assert np.shares_memory(matrix.indptr, topology.indptr)
    dense = np.zeros((topology.n_pre, topology.n_post), dtype=np.float32)
    dense.T.flat[topology.keys] = weights
    assert matrix.toarray().tolist() == dense.tolist()


@given(st.data(), SIZES, SIZES)
def test_a_random_topology_has_exactly_the_connections_asked_for(data, n_pre, n_post):
    count = data.draw(st.integers(0, n_pre * n_post))
    topology = Topology.random(n_pre, n_post, count, np.random.default_rng(count))
    assert topology.n_connections == count
    if count == n_pre * n_post:
        assert topology.keys.tolist() == Topology.full(n_pre, n_post).keys.tolist()


def test_a_seed_decides_the_topology():
    first, same, other = (
        Topology.random(50, 40, 100, np.random.default_rng(seed)).keys.tolist()
        for seed in (0, 0, 1)
    )
    assert first == same != other


def test_more_connections_than_places_are_refused(rng):
    with pytest.raises(InvalidParameterError, match=r"count must be in \[0, 6\], got 7\."):
        Topology.random(3, 2, 7, rng)


@given(changes())
def test_a_change_agrees_with_sets(change):
    old, new = set(change.old.keys.tolist()), set(change.new.keys.tolist())
    assert change.new.keys[change.born].tolist() == sorted(new - old)
    assert change.n_born == len(new - old)
    assert change.n_died == len(old - new)


@given(changes())
def test_survivors_carry_their_value_and_the_born_get_theirs(change):
    value_of = {key: np.float32(key + 0.5) for key in change.old.keys.tolist()}
    values = np.array(list(value_of.values()), dtype=np.float32)
    newborn = -np.arange(1, change.n_born + 1, dtype=np.float32)
    given_to = dict(zip(change.new.keys[change.born].tolist(), newborn, strict=True))

    carried = change.carry(values, newborn)

    assert carried.dtype == np.float32
    assert carried.tolist() == [(value_of | given_to)[key] for key in change.new.keys.tolist()]
    assert values.tolist() == list(value_of.values())
    assert change.carry(values)[change.born].tolist() == [0.0] * change.n_born
    assert not np.shares_memory(carried, values)


def test_a_change_between_layers_of_different_size_is_refused():
    with pytest.raises(InvalidParameterError, match="3 x 2, got 2 x 3"):
        TopologyChange(Topology.full(3, 2), Topology.full(2, 3))


@given(st.data(), st.integers(0, 300))
def test_a_sample_is_distinct_ascending_and_in_range(data, n):
    count = data.draw(st.integers(0, n))
    sample = sample_distinct(np.random.default_rng(n), n, count)
    assert sample.dtype == np.int64
    assert len(sample) == count
    assert np.all(np.diff(sample) > 0)
    assert np.all((sample >= 0) & (sample < n))


def test_a_sample_passes_32_bits(rng):
    sample = sample_distinct(rng, 2**40, 1000)
    assert np.count_nonzero(sample >= 2**31) > 900


@pytest.mark.parametrize("count", [-1, 11])
def test_a_sample_of_impossible_size_is_refused(rng, count):
    with pytest.raises(InvalidParameterError, match=rf"count must be in \[0, 10\], got {count}\."):
        sample_distinct(rng, 10, count)


@pytest.mark.parametrize("count", [2, 3, 4], ids=["drawn", "drawn half", "left out"])
def test_every_subset_is_equally_likely(rng, count):
    """Catches topping a short draw up with neighbours, and always keeping the lowest drawn."""
    subsets = dict.fromkeys(combinations(range(6), count), 0)
    for _ in range(6000):
        subsets[tuple(sample_distinct(rng, 6, count).tolist())] += 1
    assert chisquare(list(subsets.values())).pvalue > 1e-3


def test_a_large_sample_is_spread_evenly(rng):
    sample = sample_distinct(rng, 1_000_000, 300_000)
    assert chisquare(np.bincount(sample // 10_000, minlength=100)).pvalue > 1e-3


def test_a_sample_never_holds_what_it_is_drawn_from(rng):
    """NumPy's own ``choice`` holds all n integers, 40 MB here."""
    n = 5_000_000
    count = n * 3 // 100
    tracemalloc.start()
    sample_distinct(rng, n, count)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 8 * count


def test_contains_tells_places_with_a_connection():
    topology = Topology.from_keys(3, 2, np.array([0, 2, 4]))
    assert topology.contains(np.array([5, 4, 3, 0])).tolist() == [False, True, False, True]
    assert not Topology.from_keys(3, 2, np.array([], dtype=np.int64)).contains(np.arange(6)).any()


@given(topologies(), st.data())
def test_without_some_connections_the_others_stay(topology, data):
    n = topology.n_connections
    gone = data.draw(st.sets(st.integers(0, n - 1)) if n else st.just(set()))
    rest = topology.without(np.array(sorted(gone), dtype=np.int64))
    expected = Topology.from_keys(
        topology.n_pre, topology.n_post, np.delete(topology.keys, sorted(gone))
    )
    for name in ("keys", "indptr", "indices"):
        array = getattr(rest, name)
        assert array.tolist() == getattr(expected, name).tolist()
        assert array.dtype == getattr(expected, name).dtype
        assert not array.flags.writeable


@given(topologies(), st.data())
def test_a_replacement_is_the_change_between_its_ends(topology, data):
    """Also where a dropped connection is grown again: it then was never gone."""
    n, n_places = topology.n_connections, topology.n_places
    dropped = sorted(data.draw(st.sets(st.integers(0, n - 1)) if n else st.just(set())))
    survivors = set(np.delete(topology.keys, dropped).tolist())
    free = sorted(set(range(n_places)) - survivors)
    grown = sorted(data.draw(st.sets(st.sampled_from(free)) if free else st.just(set())))

    change = TopologyChange.replacing(
        topology, np.array(dropped, dtype=np.int64), np.array(grown, dtype=np.int64)
    )
    plain = TopologyChange(topology, change.new)
    assert set(change.new.keys.tolist()) == survivors | set(grown)
    assert change.born.tolist() == plain.born.tolist()
    assert (change.n_born, change.n_died) == (plain.n_born, plain.n_died)
    values = np.arange(n, dtype=np.float32)
    assert change.carry(values, -1.0).tolist() == plain.carry(values, -1.0).tolist()


@pytest.mark.parametrize(
    "grown", [[3, 1], [1, 1], [0, 1], [1, 6]], ids=["descending", "twice", "taken", "outside"]
)
def test_places_that_are_not_free_are_not_grown(grown):
    with pytest.raises(InvalidParameterError, match=r"strictly ascending within \[0, 6\)"):
        TopologyChange.replacing(drawing_of_the_docstring(), np.array([1]), np.array(grown))
