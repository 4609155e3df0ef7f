"""Centered forms of every backend: Pearson's correlation, and covariance over deviation.

What NumPy computes of the same columns in float64 is the truth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_array

from ctre.kernels import BilinearForm, reference

PEARSON = {"centered": True, "normalized_pre": True, "normalized_post": True}
COVARIANCE = {"centered": True, "normalized_post": True}
"""Over the deviation of the neuron after the layer, times the root of the number of samples."""


@pytest.fixture(params=["native", "reference"])
def backend(request: pytest.FixtureRequest) -> Any:
    return reference if request.param == "reference" else request.getfixturevalue("native")


def every_place(n_pre, n_post):
    indptr = np.arange(n_post + 1, dtype=np.int32) * n_pre
    return indptr, np.tile(np.arange(n_pre, dtype=np.int32), n_post)


def no_place(n_post):
    return np.zeros(n_post + 1, dtype=np.int32), np.empty(0, dtype=np.int32)


def all_scores(backend, form, n_threads=1):
    """Compute the scores (n_pre, n_post) of all pairs."""
    n_pre, n_post = form.pre.shape[1], form.post.shape[1]
    scores = backend.pair_scores(form, *every_place(n_pre, n_post), n_threads=n_threads)
    return scores.reshape(n_post, n_pre).T


def correlations(form):
    """Compute |corr| (n_pre, n_post) in float64; 0 where a column is constant."""
    pre = form.pre.toarray() if isinstance(form.pre, csr_array) else form.pre
    pre, post = centered(pre), centered(form.post)
    lengths = np.outer(np.linalg.norm(pre, axis=0), np.linalg.norm(post, axis=0))
    return np.abs(pre.T @ post) / np.where(lengths == 0, 1, lengths)


def centered(columns):
    columns = columns.astype(np.float64)
    return columns - columns.mean(axis=0)


def activity(rng, n_samples, n_neurons, mean=1.0):
    """Correlated columns, each with a mean and a deviation of its own."""
    common = rng.normal(size=(n_samples, 3)) @ rng.normal(size=(3, n_neurons))
    columns = common + rng.normal(size=(n_samples, n_neurons))
    columns += mean * rng.normal(size=n_neurons)
    return (columns * 10 ** rng.normal(size=n_neurons)).astype(np.float32)


def thinned(rng, columns, density=0.2):
    return (columns * (rng.random(columns.shape) < density)).astype(np.float32)


@pytest.mark.parametrize("n_samples", [2, 3, 17, 32, 33, 300, 600])
@pytest.mark.parametrize("sparse", [False, True])
def test_scores_are_numpys_correlations(backend, rng, n_samples, sparse):
    """Planted: one side's length without its mean; a mean over half the rows."""
    pre, post = activity(rng, n_samples, 41), activity(rng, n_samples, 23)
    pre = thinned(rng, pre, 0.5) if sparse else pre
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **PEARSON)
    pre = pre + np.float32(1e-30) * (pre.std(axis=0) == 0)  # numpy divides by it
    with np.errstate(invalid="ignore"):
        want = np.nan_to_num(np.abs(np.corrcoef(pre, post, rowvar=False)[:41, 41:]))
    np.testing.assert_allclose(all_scores(backend, form), want, atol=2e-6)


@pytest.mark.parametrize("sparse", [False, True])
def test_covariance_over_deviation(backend, rng, sparse):
    """Planted: the deviation of the wrong side."""
    pre, post = activity(rng, 90, 31), activity(rng, 90, 19)
    pre = thinned(rng, pre) if sparse else pre
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **COVARIANCE)
    both = np.cov(pre, post, rowvar=False, bias=True)
    want = np.sqrt(90) * np.abs(both[:31, 31:]) / post.astype(np.float64).std(axis=0)
    np.testing.assert_allclose(all_scores(backend, form), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [PEARSON, COVARIANCE], ids=["pearson", "covariance"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("lowest_first", [False, True])
def test_the_search_finds_pairs_as_good_as_the_best(backend, rng, kind, sparse, lowest_first):
    pre, post = activity(rng, 200, 90), activity(rng, 200, 70)
    pre = thinned(rng, pre) if sparse else pre
    form = BilinearForm(csr_array(pre) if sparse else pre, post, lowest_first=lowest_first, **kind)
    taken = csc_array(rng.random((90, 70)) < 0.2)
    score = np.abs(centered(pre).T @ centered(post)) / np.linalg.norm(centered(post), axis=0)
    if kind is PEARSON:
        score = correlations(form)
    free = np.setdiff1d(np.arange(90 * 70), taken.indices + 90 * np.repeat(
        np.arange(70), np.diff(taken.indptr)
    ))  # fmt: skip
    by_key = score.T.ravel()
    best = np.sort(by_key[free])[:: 1 if lowest_first else -1]
    for count in (1, 60, 4000):
        got = backend.best_absent_pairs(
            form, taken.indptr.astype(np.int32), taken.indices.astype(np.int32), count, n_threads=2
        )
        assert np.isin(got, free).all()
        found = np.sort(by_key[got])[:: 1 if lowest_first else -1]
        np.testing.assert_allclose(found, best[:count], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("kind", [PEARSON, COVARIANCE], ids=["pearson", "covariance"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_samples", [10, 100, 777])
def test_constant_columns_score_exactly_zero(backend, rng, kind, sparse, n_samples):
    """Also those whose mean is no float32, and one that rounding moves. Planted: no `CONSTANT`."""
    pre, post = activity(rng, n_samples, 12), activity(rng, n_samples, 9)
    for side in (pre, post):
        side[:, 1:6] = 0, 0.1, -7e8, 1e-30, 3e38
        side[::3, 6] = 0.3
        side[1::3, 6] = np.nextafter(np.float32(0.3), np.float32(1))
        side[2::3, 6] = np.nextafter(np.float32(0.3), np.float32(0))
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **kind)
    scores = all_scores(backend, form)
    assert (scores[1:7] == 0).all()
    assert (scores[:, 1:7] == 0).all()
    live_scores = scores[np.ix_([0, *range(7, 12)], [0, 7, 8])]
    assert (live_scores > 0).all()
    best = backend.best_absent_pairs(form, *no_place(9), live_scores.size, n_threads=1)
    assert set(best % 12) == {0, *range(7, 12)}
    assert set(best // 12) == {0, 7, 8}


@pytest.mark.parametrize("sparse", [False, True])
def test_huge_and_tiny_columns_correlate_as_ordinary_ones(backend, rng, sparse):
    """A power of two changes no digit. Planted: squares in float32."""
    pre, post = activity(rng, 60, 25), activity(rng, 60, 25)
    pre = thinned(rng, pre, 0.5) if sparse else pre
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **PEARSON)
    want = all_scores(backend, form)
    exponents = rng.integers(-90, 90, (2, 25))
    pre, post = np.ldexp(pre, exponents[0]), np.ldexp(post, exponents[1])
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **PEARSON)
    np.testing.assert_allclose(all_scores(backend, form), want, atol=1e-6)


def test_columns_at_the_ends_of_float32(backend, rng):
    pre, post = activity(rng, 60, 4), activity(rng, 60, 5)
    pre[:, 0] = np.where(pre[:, 0] > 0, 3.4e38, -3.4e38)  # differences overflow float32
    post[:, 0] = np.where(post[:, 0] > 0, 1e-44, 0)
    scores = all_scores(backend, BilinearForm(pre, post, **PEARSON))
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(
        scores[0, 1:], correlations(BilinearForm(pre, post))[0, 1:], atol=1e-4
    )


@pytest.mark.parametrize("kind", [PEARSON, COVARIANCE], ids=["pearson", "covariance"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_stay_with_their_neuron(backend, rng, kind, sparse, value):
    pre, post = activity(rng, 40, 8), activity(rng, 40, 6)
    pre[3, 2] = post[7, 4] = value
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **kind)
    scores = all_scores(backend, form)
    assert np.isnan(scores[2]).all()
    assert np.isnan(scores[:, 4]).all()
    assert np.isfinite(np.delete(np.delete(scores, 2, axis=0), 4, axis=1)).all()
    best = backend.best_absent_pairs(form, *no_place(6), 7 * 5, n_threads=1)
    assert 2 not in best % 8
    assert 4 not in best // 8


@pytest.mark.parametrize("kind", [PEARSON, COVARIANCE], ids=["pearson", "covariance"])
def test_sparse_samples_score_as_dense_ones(backend, rng, kind):
    pre, post = thinned(rng, activity(rng, 300, 50)), activity(rng, 300, 40)
    dense, sparse = (
        all_scores(backend, BilinearForm(rows, post, **kind)) for rows in (pre, csr_array(pre))
    )
    np.testing.assert_allclose(sparse, dense, rtol=1e-4, atol=1e-6 * dense.max())


def test_entries_listed_twice_add_up(backend, rng):
    """Planted: each of them squared."""
    pre, post = activity(rng, 30, 3), activity(rng, 30, 4)
    columns = np.repeat(np.tile(np.arange(3), 30), 2)
    rows = csr_array((np.repeat(pre.ravel() / 2, 2), columns, np.arange(0, 181, 6)), shape=(30, 3))
    form = BilinearForm(rows, post, **PEARSON)
    np.testing.assert_allclose(
        all_scores(backend, form), correlations(form._replace(pre=pre)), atol=1e-6
    )
    assert rows.nnz == 180  # the caller's is left as it was


@pytest.mark.parametrize("n_samples", [23, 24, 129, 513])
@pytest.mark.parametrize("kind", [PEARSON, COVARIANCE], ids=["pearson", "covariance"])
@pytest.mark.parametrize("columns", ["around zero", "ordinary", "steady", "some dead"])
@pytest.mark.parametrize("lowest_first", [False, True])
def test_the_coarse_search_finds_what_the_exact_one_finds(
    native, rng, n_samples, kind, columns, lowest_first
):
    """Planted: a shift for the sample that fills up a pair."""
    mean = {"around zero": 0.0, "steady": 1e4}.get(columns, 1.0)
    pre, post = (activity(rng, n_samples, n, mean) for n in (150, 120))
    pre[:, 1::9] = pre[:, 5:6]  # many equal scores
    if columns == "some dead":
        pre[:, ::7], post[:, ::9] = 0.1, 0
    coarse = BilinearForm(pre, post, lowest_first=lowest_first, **kind)
    # A neuron without a number is the worst partner, and too much for a coarse search.
    exact = coarse._replace(pre=np.c_[pre, np.full(n_samples, np.nan, np.float32)])
    for count in (1, 40, 2250):
        keys = native.best_absent_pairs(exact, *no_place(120), count, n_threads=1)
        want = keys // 151 * 150 + keys % 151
        for n_threads in (1, 3):
            got = native.best_absent_pairs(coarse, *no_place(120), count, n_threads=n_threads)
            np.testing.assert_array_equal(got, want)


def test_whole_numbers_as_large_as_they_may_be(native, rng):
    """Two values around a mean so large that its shift, as a whole number, is rounded by a hundred.

    Planted: steps as fine as the spread allows, so that the sum of a perfect pair overflows.
    """
    signs = np.repeat([[1.0], [-1.0]], 64, axis=0).repeat(40, axis=1)
    for column in signs.T:  # alike, with as many of each
        column[np.r_[rng.choice(64, 6, replace=False), 64 + rng.choice(64, 6, replace=False)]] *= -1
    pre, post = (np.float32(signs + rng.uniform(5.3e5, 6e5, 40)) for _ in range(2))
    for q in range(40):
        form = BilinearForm(pre, post[:, q : q + 1].copy(), absolute=False, **PEARSON)
        assert native.best_absent_pairs(form, *no_place(1), 1, n_threads=1).tolist() == [q]


@pytest.mark.parametrize("sparse", [False, True])
def test_any_number_of_threads_gives_the_same(native, rng, sparse):
    pre, post = activity(rng, 300, 700), activity(rng, 300, 500)
    pre = thinned(rng, pre) if sparse else pre
    form = BilinearForm(csr_array(pre) if sparse else pre, post, **PEARSON)
    want = native.best_absent_pairs(form, *no_place(500), 3000, n_threads=1)
    scores = all_scores(native, form)
    for n_threads in (2, 3, 7):
        got = native.best_absent_pairs(form, *no_place(500), 3000, n_threads=n_threads)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_array_equal(all_scores(native, form, n_threads), scores)


@settings(max_examples=60)
@given(st.data())
def test_both_backends_agree(native, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n_samples, n_pre, n_post = (data.draw(st.sampled_from([1, 2, 17, 40, 70])) for _ in range(3))
    mean = data.draw(st.sampled_from([0.0, 1.0, 20.0]))
    pre, post = activity(rng, n_samples, n_pre, mean), activity(rng, n_samples, n_post, mean)
    pre[:, rng.random(n_pre) < 0.2] = rng.normal()
    post[:, rng.random(n_post) < 0.2] = rng.normal()
    form = BilinearForm(
        csr_array(thinned(rng, pre, 0.5)) if data.draw(st.booleans()) else pre,
        post,
        centered=True,
        normalized_pre=data.draw(st.booleans()),
        normalized_post=data.draw(st.booleans()),
        absolute=data.draw(st.booleans()),
        lowest_first=data.draw(st.booleans()),
    )
    ours, plain = all_scores(native, form), all_scores(reference, form)
    tolerance = 1e-4 * max(1e-2, float(np.abs(plain).max()))
    np.testing.assert_allclose(ours, plain, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(ours == 0, plain == 0)
    count = data.draw(st.integers(0, n_pre * n_post))
    one, other = (
        kernels.best_absent_pairs(form, *no_place(n_post), count, n_threads=2)
        for kernels in (native, reference)
    )
    score = plain.T.ravel()
    np.testing.assert_allclose(np.sort(score[one]), np.sort(score[other]), rtol=0, atol=tolerance)
