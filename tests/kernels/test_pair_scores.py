"""`pair_scores` of every backend against a plain float64 computation of all scores."""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

from ctre.kernels import BilinearForm

THREADS = (1, 2, 3, 7)


@pytest.fixture(params=["native", "reference"])
def backend(request: pytest.FixtureRequest) -> Any:
    if request.param == "native":
        pytest.importorskip("ctre.kernels._native", reason="the extension is not built")
    return importlib.import_module(f"ctre.kernels.{request.param}")


@pytest.fixture
def native() -> Any:
    pytest.importorskip("ctre.kernels._native", reason="the extension is not built")
    return importlib.import_module("ctre.kernels.native")


def integers(rng, *shape):
    """Small integers, so that sums are exact in any order."""
    values = rng.integers(-3, 4, shape) * (rng.random(shape) < 0.6)
    return values.astype(np.float32)


def places(rng, n_pre, n_post, share=0.2):
    some = csc_array(rng.random((n_pre, n_post)) < share)
    return some.indptr.astype(np.int32), some.indices.astype(np.int32)


def plain(form, indptr, indices):
    """Compute all scores, and pick."""
    pre = form.pre.toarray() if isinstance(form.pre, csr_array) else form.pre
    pre, post = pre.astype(np.float64), form.post.astype(np.float64)
    if form.normalized_pre:
        pre, post = (
            side / np.maximum(np.linalg.norm(side, axis=0), 1e-300) for side in (pre, post)
        )
    scores = pre.T @ post
    if form.pre_offset is not None:
        scores += form.pre_offset[:, None]
    if form.post_offset is not None:
        scores += form.post_offset
    picked = scores[indices, np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))]
    return np.abs(picked) if form.absolute else picked


def check(backend, form, indptr, indices, **tolerance):
    want = plain(form, indptr, indices)
    for n_threads in THREADS:
        got = backend.pair_scores(form, indptr, indices, n_threads=n_threads)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, **({"rtol": 0} | tolerance))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("with_pre", "with_post", "absolute"), list(itertools.product([False, True], repeat=3))
)
def test_every_form(backend, sparse, with_pre, with_post, absolute):
    rng = np.random.default_rng(0)
    pre, post = integers(rng, 21, 30), integers(rng, 21, 17)
    form = BilinearForm(
        csr_array(pre) if sparse else pre,
        post,
        integers(rng, 30) if with_pre else None,
        integers(rng, 17) if with_post else None,
        absolute=absolute,
        lowest_first=True,  # which changes nothing
    )
    check(backend, form, *places(rng, 30, 17))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_samples", [1, 15, 16, 17, 40])
@pytest.mark.parametrize(("n_pre", "n_post"), [(1, 1), (1, 40), (40, 1), (33, 50), (7, 8)])
def test_every_size(backend, sparse, n_samples, n_pre, n_post):
    """Around the samples taken at a time, and around vectors of neurons and pairs."""
    rng = np.random.default_rng(1)
    pre = integers(rng, n_samples, n_pre)
    form = BilinearForm(csr_array(pre) if sparse else pre, integers(rng, n_samples, n_post))
    check(backend, form, *places(rng, n_pre, n_post, share=1.1))
    check(backend, form, *places(rng, n_pre, n_post, share=0.1))


@pytest.mark.parametrize("sparse", [False, True])
def test_normalized_columns_count_as_of_length_one(backend, sparse):
    """Also where their squares leave float32; one of zeros has score 0."""
    rng = np.random.default_rng(2)
    pre, post = integers(rng, 40, 30), integers(rng, 40, 20)
    pre[:, 3] = post[:, 4] = 0
    pre *= np.ldexp(np.float32(1), rng.integers(-100, 100, 30))
    form = BilinearForm(
        csr_array(pre) if sparse else pre, post, normalized_pre=True, normalized_post=True
    )
    check(backend, form, *places(rng, 30, 20), atol=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("normalized", [False, True])
def test_a_score_depends_on_its_pair_alone(native, sparse, normalized):
    """To the last bit: neither on threads, enough of which have work here, nor on other pairs."""
    rng = np.random.default_rng(3)
    pre = rng.standard_normal((300, 500)).astype(np.float32)
    post = rng.standard_normal((300, 400)).astype(np.float32)
    form = BilinearForm(
        csr_array(pre) if sparse else pre,
        post,
        normalized_pre=normalized,
        normalized_post=normalized,
    )
    indptr, indices = places(rng, 500, 400, share=0.3)
    scores = native.pair_scores(form, indptr, indices, n_threads=1)
    for n_threads in THREADS[1:]:
        again = native.pair_scores(form, indptr, indices, n_threads=n_threads)
        np.testing.assert_array_equal(again, scores)

    picked = np.sort(rng.choice(len(indices), 1001, replace=False))
    few_indptr = np.searchsorted(picked, indptr).astype(np.int32)
    few = native.pair_scores(form, few_indptr, indices[picked], n_threads=1)
    np.testing.assert_array_equal(few, scores[picked])


def test_no_places_no_scores(backend):
    form = BilinearForm(np.ones((3, 4), np.float32), np.ones((3, 2), np.float32))
    scores = backend.pair_scores(form, np.zeros(3, np.int32), np.empty(0, np.int32), n_threads=2)
    assert scores.shape == (0,)


def test_without_samples_only_offsets_count(backend):
    form = BilinearForm(
        np.empty((0, 4), np.float32), np.empty((0, 2), np.float32), np.float32([-1, 2, 3, 4])
    )
    indptr, indices = np.array([0, 1, 3], np.int32), np.array([0, 0, 3], np.int32)
    scores = backend.pair_scores(form, indptr, indices, n_threads=1)
    assert scores.tolist() == [1, 1, 4]


def test_numbers_that_are_not_finite_stay_with_their_neuron(backend):
    rng = np.random.default_rng(4)
    pre, post = integers(rng, 20, 9), integers(rng, 20, 5)
    pre[3, 2], pre[7, 4], post[:, 1] = np.nan, np.inf, 0
    indptr, indices = places(rng, 9, 5, share=1.1)
    scores = backend.pair_scores(BilinearForm(pre, post), indptr, indices, n_threads=2)
    scores = scores.reshape(5, 9)
    assert np.isnan(scores[:, 2]).all()
    assert np.isnan(scores[1, 4])  # infinity times zero
    assert np.isfinite(scores[:, [0, 1, 3, 5, 6, 7, 8]]).all()


@pytest.mark.parametrize(
    ("indptr", "indices", "message"),
    [
        ([0, 1, 2], [0, 4], "indices must lie in"),
        ([0, 1, 2], [0, -1], "indices must lie in"),
        ([0, 2, 1], [0, 1], "indptr must ascend"),
        ([0, 2], [0, 1], "indptr must be"),
        ([0, 2, 2], [1, 0], "indices must ascend"),
    ],
)
def test_places_that_cannot_be_are_refused(native, indptr, indices, message):
    form = BilinearForm(np.ones((3, 4), np.float32), np.ones((3, 2), np.float32))
    with pytest.raises(ValueError, match=message):
        native.pair_scores(form, np.int32(indptr), np.int32(indices), n_threads=1)
