"""`layer_forward` and `layer_backward` of every backend against float64 and finite differences."""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctre.kernels import LayerArrays, reference
from ctre.topology import Topology

WANTED = list(itertools.product([False, True], repeat=3))


@pytest.fixture(params=["native", "reference"])
def backend(request: pytest.FixtureRequest) -> Any:
    if request.param == "native":
        return request.getfixturevalue("native")
    return importlib.import_module("ctre.kernels.reference")


def layer_of(rng, n_pre, n_post, n_connections):
    topology = Topology.random(n_pre, n_post, n_connections, rng)
    return LayerArrays(
        n_pre,
        topology.indptr,
        topology.indices,
        rng.normal(size=n_connections).astype(np.float32),
        rng.normal(size=n_post).astype(np.float32),
    )


def rows(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def dense(layer):
    """Give the weights (n_pre, n_post) in float64."""
    weights = np.zeros((layer.n_pre, len(layer.biases)))
    posts = np.repeat(np.arange(len(layer.biases)), np.diff(layer.indptr))
    weights[layer.indices, posts] = layer.weights
    return weights, posts


def backward(backend, layer, samples, error, wanted=(True, True, True), n_threads=1):
    return backend.layer_backward(
        layer,
        samples,
        error,
        wants_samples=wanted[0],
        wants_weights=wanted[1],
        wants_biases=wanted[2],
        n_threads=n_threads,
    )


def assert_right(backend, layer, samples, error, wanted=(True, True, True), n_threads=1):
    weights, posts = dense(layer)
    before, behind = samples.astype(np.float64), error.astype(np.float64)
    got = backend.layer_forward(layer, samples, n_threads=n_threads)
    assert got.dtype == np.float32
    tolerance = {"rtol": 1e-5, "atol": 1e-5 * max(1, len(layer.weights)) ** 0.5}
    np.testing.assert_allclose(got, before @ weights + layer.biases, **tolerance)
    expected = (
        behind @ weights.T,
        (before.T @ behind)[layer.indices, posts],
        behind.sum(axis=0),
    )
    gradients = backward(backend, layer, samples, error, wanted, n_threads)
    for gradient, right, is_wanted in zip(gradients, expected, wanted, strict=True):
        if not is_wanted:
            assert gradient is None
            continue
        assert gradient.dtype == np.float32
        scale = 1e-5 * (1 + len(samples)) ** 0.5
        np.testing.assert_allclose(gradient, right, rtol=1e-5, atol=4 * scale)


@pytest.mark.parametrize("wanted", WANTED)
def test_every_wish(backend, wanted):
    """Planted: the later tiles' gradients in place of the earlier ones'."""
    rng = np.random.default_rng(0)
    layer = layer_of(rng, 30, 20, 90)
    assert_right(backend, layer, rows(rng, 333, 30), rows(rng, 333, 20), wanted, n_threads=2)


@pytest.mark.parametrize("n_rows", [0, 1, 15, 16, 17, 64, 65, 130, 2500])
@pytest.mark.parametrize(("n_pre", "n_post"), [(1, 1), (3, 40), (40, 3), (33, 17)])
def test_every_size(backend, n_rows, n_pre, n_post):
    """Around vectors and tiles; rows that fill a tile up count in no sum."""
    rng = np.random.default_rng(1)
    layer = layer_of(rng, n_pre, n_post, max(1, n_pre * n_post // 5))
    assert_right(backend, layer, rows(rng, n_rows, n_pre), rows(rng, n_rows, n_post))


def test_rows_too_wide_for_the_cache(native):
    """Tiles are narrower then: 9000 neurons behind, and 9000 before."""
    rng = np.random.default_rng(2)
    for n_pre, n_post in ((5, 9000), (9000, 5)):
        layer = layer_of(rng, n_pre, n_post, 20_000)
        assert_right(native, layer, rows(rng, 150, n_pre), rows(rng, 150, n_post), n_threads=2)


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_twins_agree(native, data):
    seed = data.draw(st.integers(0, 2**32 - 1))
    n_pre, n_post = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 70))
    rng = np.random.default_rng(seed)
    layer = layer_of(rng, n_pre, n_post, data.draw(st.integers(0, n_pre * n_post)))
    n_rows = data.draw(st.integers(0, 200))
    samples, error = rows(rng, n_rows, n_pre), rows(rng, n_rows, n_post)
    np.testing.assert_allclose(
        native.layer_forward(layer, samples, n_threads=2),
        reference.layer_forward(layer, samples, n_threads=1),
        rtol=1e-5,
        atol=1e-4,
    )
    wanted = data.draw(st.sampled_from(WANTED))
    for one, other in zip(
        backward(native, layer, samples, error, wanted, n_threads=3),
        backward(reference, layer, samples, error, wanted),
        strict=True,
    ):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize("n_threads", [2, 3, 7, 30])
def test_threads_change_no_bit(native, n_threads):
    rng = np.random.default_rng(3)
    layer = layer_of(rng, 300, 200, 9000)
    samples, error = rows(rng, 1500, 300), rows(rng, 1500, 200)
    np.testing.assert_array_equal(
        native.layer_forward(layer, samples, n_threads=n_threads),
        native.layer_forward(layer, samples, n_threads=1),
    )
    for one, other in zip(
        backward(native, layer, samples, error, n_threads=n_threads),
        backward(native, layer, samples, error),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_gradients_are_finite_differences(backend):
    """Of the sum of a fixed weighting of the answers, in small steps of exact size."""
    rng = np.random.default_rng(4)
    layer = layer_of(rng, 6, 5, 12)
    samples, error = rows(rng, 9, 6), rows(rng, 9, 5)
    gradients = backward(backend, layer, samples, error)
    step = 2.0**-6

    def loss():
        sums = backend.layer_forward(layer, samples, n_threads=1)
        return float((sums.astype(np.float64) * error).sum())

    for array, gradient in zip((samples, layer.weights, layer.biases), gradients, strict=True):
        for place in np.ndindex(array.shape):
            before = array[place]
            array[place] = before + step
            above = loss()
            array[place] = before - step
            below = loss()
            array[place] = before
            assert gradient[place] == pytest.approx((above - below) / (2 * step), abs=2e-3)


def test_what_does_not_fit_is_refused(native):
    """By name, before memory is touched."""
    rng = np.random.default_rng(5)
    layer = layer_of(rng, 6, 5, 12)
    with pytest.raises(ValueError, match=r"samples must be a C-contiguous float32 array"):
        native.layer_forward(layer, rows(rng, 3, 7), n_threads=1)
    with pytest.raises(ValueError, match=r"error must be a C-contiguous float32 array"):
        backward(native, layer, rows(rng, 3, 6), rows(rng, 4, 5))
    strange = layer._replace(indices=np.full(12, 6, np.int32))
    with pytest.raises(ValueError, match=r"layer.indices must lie in \[0, 6\)"):
        native.layer_forward(strange, rows(rng, 3, 6), n_threads=1)
    with pytest.raises(ValueError, match="n_threads must be positive"):
        native.layer_forward(layer, rows(rng, 3, 6), n_threads=0)
