"""Inputs left out while training: which ones, and that both backends leave out the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from ctre.kernels import InputDropout, blas, reference
from ctre.kernels.functions import drop_inputs, kept_inputs

DROPOUT = InputDropout(0.3, seed=2**32 - 7)


def dropped(problem: Any) -> Any:
    """Leave the inputs out beforehand: the samples in the order that they are trained in."""
    samples, order = problem.samples[problem.order], problem.order
    is_sparse = isinstance(samples, csr_array)
    values = samples.toarray() if is_sparse else samples
    left = np.ascontiguousarray(drop_inputs(DROPOUT, np.arange(len(order)), values.T).T)
    weight = problem.sample_weight
    return problem.copy(
        samples=csr_array(left) if is_sparse else left,
        targets=problem.targets[order],
        sample_weight=None if weight is None else weight[order],
        order=np.arange(len(order), dtype=np.int32),
        input_dropout=None,
    )


@pytest.fixture(params=["reference", "native", "blas"])
def backend(request):
    return {"reference": reference, "blas": blas}.get(request.param) or request.getfixturevalue(
        request.param
    )


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("n_features", [3, 8, 21, 40])
@pytest.mark.parametrize("n_samples", [1, 9, 33, 70])
def test_it_is_training_on_rows_with_zeros(backend, make_problem, n_samples, n_features, is_sparse):
    problem = make_problem(
        sizes=(n_features, 11, 3), density=1.0, n_samples=n_samples, batch_size=20,
        is_sparse=is_sparse, huge=2.0, n_threads=2,
    )  # fmt: skip
    ours = problem.copy(input_dropout=DROPOUT).train(backend)
    by_hand = dropped(problem).train(backend)
    for left, right in zip(ours.parameters, by_hand.parameters, strict=True):
        assert_array_equal(left, right)
    assert ours.totals == by_hand.totals


def test_a_feature_that_no_connection_reads_moves_no_other(native, make_problem):
    problem = make_problem(sizes=(30, 11, 3), density=0.1, input_dropout=DROPOUT, huge=2.0)
    ours, by_hand = problem.train(native), dropped(problem).train(native)
    for left, right in zip(ours.parameters, by_hand.parameters, strict=True):
        assert_array_equal(left, right)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_the_share_is_left_out_and_the_sum_stays(share):
    places = np.arange(1000)
    kept = kept_inputs(InputDropout(share, 5), places, 500)
    spread = np.sqrt(share * (1 - share))
    assert abs(1 - share - kept.mean()) < 4 * spread / np.sqrt(kept.size)
    for axis, n in ((0, 500), (1, 1000)):  # no sample and no feature is spared
        error = (kept.mean(axis=axis) - (1 - share)) / (spread / np.sqrt(n))
        assert_allclose(error.std(), 1, atol=0.15)
    values = drop_inputs(InputDropout(share, 5), places, np.ones((500, 1000), np.float32))
    assert_allclose(values[kept], 1 / (1 - share), rtol=1e-6)
    assert not values[~kept].any()


@pytest.mark.parametrize(
    "other", [{"seed": 6}, {"first_place": 1}, {"first_place": 1024}, {"first_feature": 1}]
)
def test_neighbours_are_left_out_independently(other):
    def mask(seed: int = 5, first_place: int = 0, first_feature: int = 0) -> np.ndarray:
        places = np.arange(first_place, first_place + 1000)
        return kept_inputs(InputDropout(0.5, seed), places, first_feature + 400)[first_feature:]

    agreement = (mask() == mask(**other)).mean()
    assert abs(agreement - 0.5) < 5 * 0.5 / np.sqrt(400_000)
