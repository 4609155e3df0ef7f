"""How many connections a layer gets: the paper's numbers, and the borders."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctre.density import erdos_renyi_counts, uniform_counts
from ctre.errors import InvalidParameterError

LAYER_SIZES = st.lists(st.integers(1, 2000), min_size=2, max_size=5)


def test_the_networks_of_the_paper():
    sizes = (784, 1000, 1000, 1000, 10)
    assert erdos_renyi_counts(sizes, 1) == (1784, 2000, 2000, 1010)
    assert sum(erdos_renyi_counts(sizes, 13)) == 85_192  # the last layer is full: 10,000


def test_a_full_layer_is_the_most_a_layer_gets():
    assert erdos_renyi_counts((100, 10), 13) == (1000,)  # the paper counts 1430


def test_erdos_renyi_rounds_down():
    assert erdos_renyi_counts((4, 5), 0.99) == (8,)


@given(LAYER_SIZES, st.floats(0.5, 100))
def test_every_layer_has_a_connection_and_no_more_than_fit(layer_sizes, epsilon):
    counts = erdos_renyi_counts(layer_sizes, epsilon)
    for count, (n_pre, n_post) in zip(counts, pairwise(layer_sizes), strict=True):
        assert 1 <= count <= n_pre * n_post
        assert count == n_pre * n_post or count == int(epsilon * (n_pre + n_post))


@pytest.mark.parametrize("epsilon", [0, -1, float("nan"), float("inf")])
def test_an_epsilon_that_cannot_be_is_refused(epsilon):
    with pytest.raises(InvalidParameterError, match=f"above 0 and finite, got {epsilon}"):
        erdos_renyi_counts((10, 10), epsilon)


def test_a_layer_without_connections_is_named():
    with pytest.raises(InvalidParameterError, match=r"leaves layer 2 \(1000 -> 10\) without"):
        erdos_renyi_counts((8000, 1000, 10), 0.0009)


@given(LAYER_SIZES)
def test_the_epsilon_that_the_error_offers_is_enough(layer_sizes):
    """Rounding 1 / (n_pre + n_post) for print would leave it short of one connection."""
    with pytest.raises(InvalidParameterError) as refused:
        erdos_renyi_counts(layer_sizes, 1e-9)
    (offered,) = re.findall(r"epsilon=(\S+) gives", str(refused.value))
    assert min(erdos_renyi_counts(layer_sizes, float(offered))) >= 1


def test_uniform_density_is_the_same_in_every_layer():
    assert uniform_counts((784, 1000, 10), 0.01) == (7840, 100)


def test_uniform_density_rounds_to_the_nearest_count():
    assert uniform_counts((10, 10), 0.046) == (5,)


@given(LAYER_SIZES, st.floats(0, 1, exclude_min=True))
def test_uniform_counts_fit(layer_sizes, density):
    counts = uniform_counts(layer_sizes, density)
    for count, (n_pre, n_post) in zip(counts, pairwise(layer_sizes), strict=True):
        assert 1 <= count <= n_pre * n_post
        assert count == 1 or abs(count - density * n_pre * n_post) <= 0.5


def test_density_one_is_full():
    assert uniform_counts((7, 5, 3), 1) == (35, 15)


@pytest.mark.parametrize("density", [0, -0.1, 1.0001, float("nan")])
def test_a_density_that_cannot_be_is_refused(density):
    with pytest.raises(InvalidParameterError, match=rf"in \(0, 1\], got {density}\."):
        uniform_counts((10, 10), density)
