"""BLAS for networks in which every pair is connected, against the kernels for sparse layers."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from threadpoolctl import threadpool_info, threadpool_limits

from ctre.kernels import SGD, Adam, LayerArrays, blas, kernels, layer_kernels, reference
from ctre.kernels.blas_threads import one_blas_thread
from ctre.topology import Topology

SIZES = (6, 9, 8, 4)


def full_layers(seed=0, sizes=SIZES, n_slots=1):
    rng = np.random.default_rng(seed)
    layers = []
    for n_pre, n_post in pairwise(sizes):
        topology = Topology.full(n_pre, n_post)
        n = topology.n_connections
        layers.append(
            LayerArrays(
                n_pre,
                topology.indptr,
                topology.indices,
                rng.standard_normal(n).astype(np.float32),
                rng.standard_normal(n_post).astype(np.float32),
                tuple(np.zeros(n, np.float32) for _ in range(n_slots)),
                tuple(np.zeros(n_post, np.float32) for _ in range(n_slots)),
            )
        )
    return layers


@pytest.fixture
def samples(rng):
    return rng.standard_normal((25, SIZES[0])).astype(np.float32)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.05, 0.9, nesterov=True, l2=0.01), SGD(0.05, 0.5, nesterov=False, l2=0), Adam(0.01)],
    ids=["nesterov", "momentum", "adam"],
)
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_it_trains_as_the_sparse_kernels_do(optimizer, is_sparse, is_weighted, rng, samples):
    """Batches of 10, 10 and 5; planted: the last batch divided by the batch size."""
    weight = rng.random(25).astype(np.float32) if is_weighted else None
    targets = rng.integers(SIZES[-1], size=25).astype(np.int32)
    order = rng.permutation(25).astype(np.int32)
    trained = []
    for backend in (reference, blas):
        layers = full_layers(n_slots=2 if isinstance(optimizer, Adam) else 1)
        totals = backend.train_epoch(
            layers, csr_array(samples) if is_sparse else samples, targets, order,
            sample_weight=weight, input_dropout=None, batch_size=10, activation="tanh",
            loss="softmax_cross_entropy", optimizer=optimizer, n_threads=1, tick=None,
        )  # fmt: skip
        trained.append((layers, totals))
    (sparse, sparse_totals), (dense, dense_totals) = trained
    assert dense_totals.loss == pytest.approx(sparse_totals.loss, rel=1e-5)
    assert dense_totals.n_correct == sparse_totals.n_correct
    for a, b in zip(dense, sparse, strict=True):
        np.testing.assert_allclose(a.weights, b.weights, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(a.biases, b.biases, rtol=1e-4, atol=1e-6)
    options = {"activation": "tanh", "n_threads": 1}
    for a, b in zip(
        [blas.forward(dense, samples, **options), *blas.activations(dense, samples, **options)],
        [
            reference.forward(dense, samples, **options),
            *reference.activations(dense, samples, **options),
        ],
        strict=True,
    ):
        assert a.flags.c_contiguous
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_a_large_full_network_is_for_blas_and_no_other():
    large = full_layers(sizes=(200, 180, 3))
    assert layer_kernels(large) is blas
    assert layer_kernels(full_layers()) is kernels()
    lacking = Topology.from_keys(200, 180, np.arange(36_000 - 1))
    first = large[0]._replace(
        indptr=lacking.indptr, indices=lacking.indices, weights=large[0].weights[:-1]
    )
    assert layer_kernels([first, large[1]]) is kernels()


def test_results_do_not_depend_on_the_threads_of_blas(rng):
    """Planted: as many BLAS threads as there are, whose sums differ in the last bits."""
    layers = full_layers(sizes=(784, 300, 10))
    samples = rng.standard_normal((100, 784)).astype(np.float32)
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            found.append(blas.forward(layers, samples, activation="relu", n_threads=n_threads))
    np.testing.assert_array_equal(*found)


def blas_threads():
    return [entry["num_threads"] for entry in threadpool_info() if entry["user_api"] == "blas"]


def test_blocks_in_many_threads_leave_the_number_as_it_was():
    """Planted: each block restores what it found, which another one had set.

    They overlap: each waits until all are inside, and they leave one after the other.
    """
    before = blas_threads()
    n_blocks = 4
    all_inside = threading.Barrier(n_blocks)
    turns = [threading.Event() for _ in range(n_blocks + 1)]
    turns[0].set()
    inside = []

    def block(number):
        with one_blas_thread():
            all_inside.wait(timeout=30)
            turns[number].wait(timeout=30)
            inside.append(blas_threads())
        turns[number + 1].set()

    threads = [threading.Thread(target=block, args=(number,)) for number in range(n_blocks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == [[1] * len(before)] * n_blocks
    assert blas_threads() == before


@pytest.mark.parametrize("earlier", [one_blas_thread, lambda: threadpool_limits(2)])
def test_any_thread_is_heard(earlier):
    """Planted: the first thread that limits OpenBLAS keeps it, and the others' limits are void."""
    before, inside = blas_threads(), []

    def block():
        with one_blas_thread():
            inside.append(blas_threads())

    with earlier():
        thread = threading.Thread(target=block)
        thread.start()
        thread.join()
    with one_blas_thread():
        inside.append(blas_threads())
    assert inside == [[1] * len(before)] * 2
    assert blas_threads() == before


def test_an_error_inside_restores_the_number():
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        1 / 0  # noqa: B018
    assert blas_threads() == before
