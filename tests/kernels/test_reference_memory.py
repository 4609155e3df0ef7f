"""The NumPy kernels hold no array of n_pre * n_post elements."""

from __future__ import annotations

import tracemalloc

import numpy as np

from ctre.kernels import SGD, BilinearForm, LayerArrays, reference


def peak_bytes(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_finding_pairs_holds_no_dense_array(rng):
    n_pre, n_post = 8000, 4000  # 128 MB of scores, 32 MB of a mask
    form = BilinearForm(
        rng.normal(size=(3, n_pre)).astype(np.float32),
        rng.normal(size=(3, n_post)).astype(np.float32),
    )
    indptr, indices = np.zeros(n_post + 1, dtype=np.int32), np.empty(0, dtype=np.int32)
    peak = peak_bytes(lambda: reference.best_absent_pairs(form, indptr, indices, 1000, n_threads=1))
    assert peak < 48e6


def test_training_and_predicting_hold_no_dense_array(rng):
    n = 20_000  # 1600 MB of weights, 400 MB of a mask
    indptr = np.arange(n + 1, dtype=np.int32)
    layer = LayerArrays(
        n,
        indptr,
        rng.permutation(n).astype(np.int32),
        rng.normal(size=n).astype(np.float32),
        np.zeros(n, dtype=np.float32),
        (np.zeros(n, dtype=np.float32),),
        (np.zeros(n, dtype=np.float32),),
    )
    samples = rng.random((20, n), dtype=np.float32)
    targets = np.zeros(20, dtype=np.int32)
    order = np.arange(20, dtype=np.int32)

    def train_and_predict():
        reference.train_epoch(
            [layer, layer], samples, targets, order, sample_weight=None, input_dropout=None,
            batch_size=10,
            activation="relu", loss="softmax_cross_entropy", optimizer=SGD(0.1), n_threads=1,
            tick=None,
        )  # fmt: skip
        reference.forward([layer, layer], samples, activation="relu", n_threads=1)

    assert peak_bytes(train_and_predict) < 40e6
