"""`best_absent_pairs` of every backend against a plain float64 computation of all scores."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys
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


def integers(rng, *shape, zeros=0.5):
    """Small integers, so that sums are exact in any order and many scores are equal."""
    values = rng.integers(-3, 4, shape) * (rng.random(shape) >= zeros)
    return values.astype(np.float32)


def topology(rng, n_pre, n_post, density):
    taken = csc_array(rng.random((n_pre, n_post)) < density)
    return taken.indptr.astype(np.int32), taken.indices.astype(np.int32)


def dense(samples):
    return samples.toarray() if isinstance(samples, csr_array) else samples


def plain(form, indptr, indices, count):
    """Sort all free places by score, NaN last, then by key."""
    pre, post = dense(form.pre).astype(np.float64), form.post.astype(np.float64)
    n_pre, n_post = pre.shape[1], post.shape[1]
    with np.errstate(invalid="ignore", over="ignore"):
        pre = unit(pre) if form.normalized_pre else pre
        post = unit(post) if form.normalized_post else post
        score = (pre.T @ post).astype(np.float32)
        if form.pre_offset is not None:
            score = score + form.pre_offset[:, None]
        if form.post_offset is not None:
            score = score + form.post_offset
    if form.absolute:
        score = np.abs(score)
    if form.lowest_first:
        score = -score
    score = score.T.ravel()  # place of key post * n_pre + pre
    keys = np.arange(n_pre * n_post)
    taken = np.repeat(np.arange(n_post), np.diff(indptr)) * n_pre + indices
    free = np.setdiff1d(keys, taken)
    worst_is_nan = np.where(np.isnan(score), -np.inf, score)[free]
    best_first = np.lexsort((free, -worst_is_nan, np.isnan(score[free])))
    return np.sort(free[best_first[:count]])


def unit(side):
    """Scale every column to length one, zeros excepted."""
    side = side.astype(np.float64)
    return side / np.maximum(np.linalg.norm(side, axis=0), 1e-300)


def check(backend, form, indptr, indices, count, threads=THREADS):
    want = plain(form, indptr, indices, count)
    for n_threads in threads:
        got = backend.best_absent_pairs(form, indptr, indices, count, n_threads=n_threads)
        assert got.dtype == np.int64
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("with_pre", "with_post", "absolute", "lowest_first"),
    list(itertools.product([False, True], repeat=4)),
)
@pytest.mark.parametrize("sparse", [False, True])
def test_every_form(backend, with_pre, with_post, absolute, lowest_first, sparse):
    rng = np.random.default_rng(1)
    pre, post = integers(rng, 40, 175), integers(rng, 40, 90)
    pre[:, rng.random(175) < 0.3] = 0
    post[:, rng.random(90) < 0.3] = 0
    form = BilinearForm(
        csr_array(pre) if sparse else pre,
        post,
        integers(rng, 175) if with_pre else None,
        integers(rng, 90) if with_post else None,
        absolute=absolute,
        lowest_first=lowest_first,
    )
    indptr, indices = topology(rng, 175, 90, 0.2)
    for count in (1, 137, 4321):
        check(backend, form, indptr, indices, count, threads=(1, 3))


@pytest.mark.parametrize(
    ("n_samples", "n_pre", "n_post"),
    [(1, 1, 1), (3, 1, 40), (3, 40, 1), (255, 17, 5), (256, 16, 6), (257, 33, 7), (700, 600, 30),
     (2, 1100, 40), (2, 40, 1100)],
)  # fmt: skip
@pytest.mark.parametrize("sparse", [False, True])
def test_every_size(backend, n_samples, n_pre, n_post, sparse):
    rng = np.random.default_rng(2)
    pre = integers(rng, n_samples, n_pre, zeros=0.9 if sparse else 0.2)
    form = BilinearForm(csr_array(pre) if sparse else pre, integers(rng, n_samples, n_post))
    indptr, indices = topology(rng, n_pre, n_post, 0.1 if n_pre * n_post > 1 else 0)
    n_free = n_pre * n_post - indices.size
    for count in {0, 1, n_free // 3, n_free}:
        check(backend, form, indptr, indices, count)


def test_equal_scores_go_to_the_lower_key(backend):
    ones = np.ones((3, 400), dtype=np.float32)
    indptr, indices = topology(np.random.default_rng(0), 400, 400, 0.01)
    check(backend, BilinearForm(ones, ones), indptr, indices, 5000)


@pytest.mark.parametrize("lowest_first", [False, True])
def test_dead_neurons_fill_up_what_live_ones_leave(backend, lowest_first):
    rng = np.random.default_rng(3)
    pre, post = np.zeros((2, 10, 60), dtype=np.float32)
    pre[:, 50:53] = integers(rng, 10, 3)
    post[:, 50:53] = integers(rng, 10, 3)
    indptr, indices = topology(rng, 60, 60, 0.5)
    form = BilinearForm(pre, post, absolute=False, lowest_first=lowest_first)
    for count in (1, 5, 12, 500):
        check(backend, form, indptr, indices, count)


@pytest.mark.parametrize("distance", range(1, 34))
def test_dead_neurons_between_live_ones(backend, distance):
    rng = np.random.default_rng(9)
    pre, post = np.zeros((2, 5, 40), dtype=np.float32)
    pre[:, [0, distance]] = rng.integers(1, 9, (5, 2))
    post[:, [0, distance]] = rng.integers(1, 9, (5, 2))
    indptr, indices = topology(rng, 40, 40, 0)
    form = BilinearForm(pre, post)
    for count in (1, 2, 3, 4):
        check(backend, form, indptr, indices, count, threads=(1,))


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("others", ["live", "some dead", "all dead"])
def test_scores_that_are_not_a_number_are_worst(backend, side, others):
    rng = np.random.default_rng(4)
    arrays = {"pre": integers(rng, 12, 30, zeros=0.1), "post": integers(rng, 12, 20, zeros=0.1)}
    arrays[side][3, 5] = np.nan
    arrays[side][4, 6] = np.inf  # NaN with a partner that is 0 there, -inf with a negative one
    other = arrays["post" if side == "pre" else "pre"]
    other[:, slice(2, 9) if others == "some dead" else slice(0 if others == "live" else None)] = 0
    indptr, indices = topology(rng, 30, 20, 0.3)
    n_free = 600 - indices.size
    form = BilinearForm(**arrays, absolute=False)
    for count in (1, n_free // 2, n_free - 5, n_free):
        check(backend, form, indptr, indices, count)


def test_offsets_that_are_not_finite(backend):
    rng = np.random.default_rng(5)
    pre, post = integers(rng, 5, 30, zeros=0.8), integers(rng, 5, 20, zeros=0.8)
    pre[:, :10] = 0
    pre_offset, post_offset = integers(rng, 30), integers(rng, 20)
    pre_offset[[1, 11]] = np.nan, -np.inf
    post_offset[3] = np.inf
    form = BilinearForm(pre, post, pre_offset, post_offset, absolute=False)
    indptr, indices = topology(rng, 30, 20, 0.3)
    for count in (10, 300, 600 - indices.size):
        check(backend, form, indptr, indices, count)


def test_huge_and_tiny_values(backend):
    pre = np.array([[1e30, 1e-30, -1e30, 1, 1e-45]], dtype=np.float32)
    post = np.array([[1e8, -1e8, 1e-8, 0]], dtype=np.float32)
    for absolute, lowest_first in itertools.product([False, True], repeat=2):
        form = BilinearForm(pre, post, absolute=absolute, lowest_first=lowest_first)
        for count in range(1, 21):
            indptr, indices = np.zeros(5, dtype=np.int32), np.zeros(0, dtype=np.int32)
            check(backend, form, indptr, indices, count)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("factors", ["one", "ordinary", "extreme"])
def test_normalized_columns(backend, sparse, factors):
    """Rounding decides between cosines that should tie, so scores are compared, not keys."""
    rng = np.random.default_rng(10)
    choices = {"one": [1], "ordinary": [0.01, 3, 700], "extreme": [0, 1e-30, 1, 1e30]}[factors]
    pre, post = (
        integers(rng, 30, n, zeros=0.3) * rng.choice(choices, n).astype(np.float32)
        for n in (70, 40)
    )
    form = BilinearForm(
        csr_array(pre) if sparse else pre, post, normalized_pre=True, normalized_post=True
    )
    indptr, indices = topology(rng, 70, 40, 0.1)
    score = np.abs(unit(pre).T @ unit(post)).T.ravel()
    for count in (1, 50, 1000):
        want = plain(form, indptr, indices, count)
        got = backend.best_absent_pairs(form, indptr, indices, count, n_threads=2)
        np.testing.assert_allclose(np.sort(score[got]), np.sort(score[want]), atol=1e-6)


def test_normalized_scores_rank_as_those_of_unit_columns(backend):
    """Planted: one side left as it is."""
    rng = np.random.default_rng(11)
    pre, post = rng.normal(size=(2, 40, 50)) * rng.choice([0.1, 1, 20], (2, 1, 50))
    indptr, indices = topology(rng, 50, 50, 0.1)
    units = BilinearForm(unit(pre).astype(np.float32), unit(post).astype(np.float32))
    form = BilinearForm(
        pre.astype(np.float32), post.astype(np.float32), normalized_pre=True, normalized_post=True
    )
    want = plain(units, indptr, indices, 200)
    np.testing.assert_array_equal(
        backend.best_absent_pairs(form, indptr, indices, 200, n_threads=1), want
    )


def test_real_scores_are_as_good_as_the_best(backend):
    rng = np.random.default_rng(6)
    pre = np.maximum(rng.normal(size=(700, 300)), 0).astype(np.float32)
    post = np.maximum(rng.normal(size=(700, 200)), 0).astype(np.float32)
    indptr, indices = topology(rng, 300, 200, 0.05)
    form, count = BilinearForm(pre, post), 1000
    score = (pre.astype(np.float64).T @ post).T.ravel()
    want = plain(form, indptr, indices, count)
    got = backend.best_absent_pairs(form, indptr, indices, count, n_threads=2)
    assert np.unique(got).size == count
    taken = np.repeat(np.arange(200), np.diff(indptr)) * 300 + indices
    assert not np.isin(got, taken).any()
    np.testing.assert_allclose(np.sort(score[got]), np.sort(score[want]), rtol=1e-5)


def test_any_number_of_threads_gives_the_same(native):
    rng = np.random.default_rng(7)
    pre = np.maximum(rng.normal(size=(300, 1300)), 0).astype(np.float32)
    post = np.maximum(rng.normal(size=(300, 1100)), 0).astype(np.float32)
    pre[:, rng.random(1300) < 0.2] = 0
    post[:, 1::2] = post[:, ::2]  # twins: equal scores only if they are summed alike
    indptr, indices = topology(rng, 1300, 1100, 0.02)
    form = BilinearForm(pre, post, rng.normal(size=1300).astype(np.float32))
    want, *others = (
        native.best_absent_pairs(form, indptr, indices, 3000, n_threads=n) for n in THREADS
    )
    for got in others:
        np.testing.assert_array_equal(got, want)


def test_sparse_samples_score_as_dense_ones(native):
    rng = np.random.default_rng(8)
    pre = (rng.normal(size=(900, 500)) * (rng.random((900, 500)) < 0.02)).astype(np.float32)
    post = rng.normal(size=(900, 300)).astype(np.float32)
    indptr, indices = topology(rng, 500, 300, 0.02)
    want = native.best_absent_pairs(BilinearForm(pre, post), indptr, indices, 999, n_threads=2)
    form = BilinearForm(csr_array(pre), post)
    got = native.best_absent_pairs(form, indptr, indices, 999, n_threads=2)
    np.testing.assert_array_equal(got, want)


def test_repeated_entries_of_a_sparse_row_add_up(native):
    data = np.array([4, 4, 5, 6], dtype=np.float32)
    columns, rows = np.array([0, 0, 1, 2], dtype=np.int32), np.array([0, 4], dtype=np.int32)
    pre = csr_array((data, columns, rows), shape=(1, 3))
    form = BilinearForm(pre, np.ones((1, 1), dtype=np.float32))
    empty = np.zeros(2, dtype=np.int32), np.zeros(0, dtype=np.int32)
    best = native.best_absent_pairs(form, *empty, 1, n_threads=1)
    np.testing.assert_array_equal(best, [0])


BEYOND_INT32 = """
import resource
import numpy as np
from ctre.kernels import BilinearForm, native

rng = np.random.default_rng(0)
n_pre, n_post = 70_000, 40_000
pre, post = np.zeros((2, n_pre), np.float32), np.zeros((2, n_post), np.float32)
pre[:, -400:] = rng.integers(1, 99, (2, 400))
post[:, -300:] = rng.integers(1, 99, (2, 300))
post[:, 0] = 1
indptr = np.zeros(n_post + 1, np.int32)
indptr[-1] = 2
indices = np.array([n_pre - 400, n_pre - 1], np.int32)
form = BilinearForm(pre, post)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
one, two, more = (
    native.best_absent_pairs(form, indptr, indices, count, n_threads=n_threads)
    for count, n_threads in [(1000, 1), (1000, 2), (200_000, 2)]
)
growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

score = (pre[:, -400:].T @ post).T
score[-1, [0, -1]] = 0
places = np.flatnonzero(score)
live = places // 400 * n_pre + n_pre - 400 + places % 400
best_first = np.argsort(-score.ravel()[places], kind="stable")
want = np.sort(live[best_first[:1000]])
assert want[-1] > 2**31
np.testing.assert_array_equal(one, want)
np.testing.assert_array_equal(two, want)
# More than the live pairs: zeros with the lowest keys join.
rest = np.setdiff1d(np.arange(400_000), live)[: 200_000 - live.size]
np.testing.assert_array_equal(more, np.sort(np.append(live, rest)))
print(growth)
"""


@pytest.mark.usefixtures("native")
def test_places_beyond_int32_need_little_memory():
    pytest.importorskip("resource", reason="peak memory is known on POSIX systems only")
    run = subprocess.run([sys.executable, "-c", BEYOND_INT32], check=True, capture_output=True)
    kib_or_bytes = int(run.stdout)
    unit = 1 if sys.platform == "darwin" else 1024
    assert kib_or_bytes * unit < 50e6  # an array of all places would take 2800 MB as bytes


def ordinary_sides(rng, kind, n_samples, n_pre, n_post):
    """Activations as a search meets them, with dead neurons, copies, and loud neurons."""
    pre, post = rng.normal(size=(n_samples, n_pre)), rng.normal(size=(n_samples, n_post))
    if kind == "active after a ReLU":
        pre, post = np.maximum(pre, 0), np.maximum(post - 0.5, 0)
    if kind == "few values":
        pre, post = np.round(pre), np.round(post)
    pre[:, rng.random(n_pre) < 0.2] = 0
    post[:, rng.random(n_post) < 0.2] = 0
    pre[:, 1::9] = pre[:, ::9][:, : pre[:, 1::9].shape[1]]  # many equal scores
    pre *= 10 ** rng.normal(size=n_pre)
    return pre.astype(np.float32), post.astype(np.float32)


@pytest.mark.parametrize("n_samples", [23, 24, 100, 300, 513])
@pytest.mark.parametrize("kind", ["normal", "active after a ReLU", "few values"])
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("lowest_first", [False, True])
def test_the_coarse_search_finds_what_the_exact_one_finds(
    native, n_samples, kind, normalized, absolute, lowest_first
):
    """Sparse samples are searched exactly."""
    rng = np.random.default_rng(12)
    pre, post = ordinary_sides(rng, kind, n_samples, 150, 120)
    offsets = rng.normal(size=150), 5 * rng.normal(size=120)
    indptr, indices = topology(rng, 150, 120, 0.1)
    for pre_offset, post_offset in [(None, None), (o.astype(np.float32) for o in offsets)]:
        coarse = BilinearForm(
            pre, post, pre_offset, post_offset, absolute, lowest_first,
            normalized_pre=normalized, normalized_post=normalized,
        )  # fmt: skip
        exact = coarse._replace(pre=csr_array(pre))
        for count in (1, 40, 2250):
            want = native.best_absent_pairs(exact, indptr, indices, count, n_threads=1)
            for n_threads in (1, 3):
                got = native.best_absent_pairs(coarse, indptr, indices, count, n_threads=n_threads)
                np.testing.assert_array_equal(got, want)


def test_pairs_too_close_to_tell_apart_coarsely(native):
    """More near ties than candidates are kept: the search starts again, exactly."""
    rng = np.random.default_rng(13)
    pre = np.repeat(rng.normal(size=(200, 1)), 300, axis=1) * (1 + 1e-6 * rng.random((200, 300)))
    post = np.repeat(rng.normal(size=(200, 1)), 200, axis=1) * (1 + 1e-6 * rng.random((200, 200)))
    coarse = BilinearForm(pre.astype(np.float32), post.astype(np.float32))
    exact = coarse._replace(pre=csr_array(coarse.pre))
    indptr, indices = topology(rng, 300, 200, 0.05)
    for count in (1, 100, 3000):
        got, want = (
            native.best_absent_pairs(form, indptr, indices, count, n_threads=2)
            for form in (coarse, exact)
        )
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("side", ["pre", "post"])
def test_rounding_that_takes_all_of_a_score_away(native, side):
    """Neuron 0 is small but for one sample, so the coarse product with the steady others is zero.

    Neuron 1 is coarsely better with them, and worse in truth. Planted: an error of a tenth.
    """
    n_samples = 512
    rare = np.zeros((n_samples, 10), dtype=np.float32)
    rare[0] = 2047
    rare[1:, 0] = 0.49
    rare[1:101, 1] = 1
    steady = np.ones((n_samples, 10), dtype=np.float32)
    steady[0] = 0
    steady[:, 1:] *= 0.1
    form = BilinearForm(*((rare, steady) if side == "pre" else (steady, rare)))
    indptr, indices = np.zeros(11, dtype=np.int32), np.zeros(0, dtype=np.int32)
    assert native.best_absent_pairs(form, indptr, indices, 1, n_threads=1).tolist() == [0]
