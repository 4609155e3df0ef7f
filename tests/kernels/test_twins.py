"""The C++ kernels against the NumPy ones: same signatures, same numbers."""

from __future__ import annotations

import inspect
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from ctre.kernels import SGD, Activation, Adam, BilinearForm, Kernels, Loss, reference

ACTIVATIONS, LOSSES = get_args(Activation), get_args(Loss)
OPTIMIZERS = {
    "plain": SGD(0.005, momentum=0.0, nesterov=False, l2=0.0),
    "momentum": SGD(0.001, momentum=0.9, nesterov=False, l2=1e-2),
    "nesterov": SGD(0.001, momentum=0.9, nesterov=True, l2=1e-2),
    "adam": Adam(0.003, l2=1e-2, n_steps_done=5),
}
KERNELS = [name for kind in Kernels.__mro__[:2] for name in vars(kind) if not name.startswith("_")]
TOLERANCE = 1e-4
"""Difference that is allowed after several epochs, as a share of an array's largest value."""
ROUNDING = 1e-7
"""What float32 leaves of a sum of ordinary numbers that cancel."""


def assert_alike(actual, expected):
    assert actual.dtype == expected.dtype
    largest = float(np.abs(expected).max(initial=0))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE * largest + ROUNDING)


def assert_trained_alike(native, problem, n_epochs=3):
    actual, expected = problem.train(native, n_epochs), problem.train(reference, n_epochs)
    for one, other in zip(actual.parameters, expected.parameters, strict=True):
        assert_alike(one, other)
    for one, other in zip(actual.totals, expected.totals, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=TOLERANCE)
        assert one.n_correct == other.n_correct
    assert_alike(actual.scores(native), expected.scores(reference))


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("backend", ["reference", "native"])
def test_signatures_are_the_contract(request, backend, name):
    module = reference if backend == "reference" else request.getfixturevalue("native")
    promised = inspect.signature(getattr(Kernels, name))
    promised = promised.replace(parameters=list(promised.parameters.values())[1:])
    assert inspect.signature(getattr(module, name)) == promised


def test_the_contract_lists_its_kernels():
    assert {"train_epoch", "forward", "best_absent_pairs"} < set(KERNELS)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_combination_trains_alike(native, make_problem, activation, loss, optimizer):
    assert_trained_alike(
        native,
        make_problem(
            activation=activation, loss=loss, optimizer=optimizer, is_weighted=True, huge=5.0
        ),
    )


@st.composite
def problems(draw, make_problem, huge=5.0):
    """Networks from 1 x 1 to past a tile of any instruction set, from one connection to full."""
    n_layers = draw(st.integers(1, 4))
    size = st.sampled_from([1, 2, 3, 9, 16, 17, 40])
    return make_problem(
        seed=draw(st.integers(0, 2**32 - 1)),
        sizes=tuple(draw(size) for _ in range(n_layers + 1)),
        density=draw(st.sampled_from([0.0, 0.05, 0.3, 1.0])),
        n_samples=draw(st.sampled_from([4, 25, 70, 150])),
        batch_size=draw(st.sampled_from([1, 7, 64, 65, 100, 1000])),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        loss=draw(st.sampled_from(LOSSES)),
        optimizer=draw(st.sampled_from(list(OPTIMIZERS.values()))),
        is_sparse=draw(st.booleans()),
        is_weighted=draw(st.booleans()),
        huge=huge,
        n_threads=draw(st.integers(1, 4)),
    )


@settings(max_examples=200)
@given(st.data())
def test_generated_networks_train_alike(native, make_problem, data):
    assert_trained_alike(native, data.draw(problems(make_problem)))


@given(st.data())
def test_generated_networks_predict_and_activate_alike(native, make_problem, data):
    problem = data.draw(problems(make_problem, huge=1e6))
    assert_alike(problem.scores(native), problem.scores(reference))
    for activation in ACTIVATIONS:
        both = (
            kernels.activations(problem.layers, problem.samples, activation=activation, n_threads=2)
            for kernels in (native, reference)
        )
        for found, expected in zip(*both, strict=True):
            assert_alike(found, expected)
            assert found.flags.c_contiguous


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_what_no_gradient_reaches_still_decays_alike(native, make_problem, optimizer):
    """Connections into dead ends have momentum and weight decay all the same."""
    problem = make_problem(
        sizes=(30, 40, 40, 3), density=0.02, n_samples=200, batch_size=3, optimizer=optimizer
    )
    for layer in problem.layers:
        for slot in (*layer.weight_slots, *layer.bias_slots):
            slot[:] = 0.01
    assert_trained_alike(native, problem)


def test_a_batch_without_weight_leaves_momentum_and_decay(native, make_problem):
    problem = make_problem(is_weighted=True, optimizer=OPTIMIZERS["nesterov"])
    problem.sample_weight[problem.order[10:20]] = 0
    assert_trained_alike(native, problem)
    problem.sample_weight[:] = 0
    assert_trained_alike(native, problem)


def test_of_equal_scores_both_take_the_first_class(native, make_problem):
    problem = make_problem(batch_size=25)
    problem.layers[-1].weights[:] = 0
    problem.layers[-1].biases[:] = 0
    assert_trained_alike(native, problem, n_epochs=1)


def test_an_epoch_without_samples_is_nothing(native, make_problem):
    problem = make_problem()
    assert_trained_alike(native, problem.copy(order=problem.order[:0]))


@pytest.mark.parametrize("loss", LOSSES)
def test_both_return_a_loss_that_explodes(native, make_problem, loss):
    problem = make_problem(optimizer=SGD(1e30), activation="identity", loss=loss)
    for kernels in (native, reference):
        assert not np.isfinite(problem.train(kernels, n_epochs=3).totals[-1].loss)


@pytest.mark.parametrize("n_samples", [1, 20])
def test_the_best_pairs_are_alike_whatever_part_of_a_panel_is_dead(native, rng, n_samples):
    """Live neurons with gaps, then repeated up to a panel's width, once passed for neighbours."""
    for n_pre in range(1, 70):
        pre, post = (
            (rng.integers(-3, 4, (n_samples, n)) * (rng.random(n) < 0.8)).astype(np.float32)
            for n in (n_pre, 5)
        )
        form = BilinearForm(pre, post, absolute=False)
        indptr, indices = np.zeros(6, dtype=np.int32), np.zeros(0, dtype=np.int32)
        actual, expected = (
            kernels.best_absent_pairs(form, indptr, indices, n_pre, n_threads=1)
            for kernels in (native, reference)
        )
        assert actual.tolist() == expected.tolist()


@given(st.data())
def test_the_best_pairs_are_alike(native, make_problem, data):
    """Whole numbers, so sums are exact and both must choose the same among many ties."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n_samples, n_pre, n_post = (data.draw(st.sampled_from([1, 2, 17, 70])) for _ in range(3))
    density = data.draw(st.sampled_from([0.0, 0.3, 1.0]))
    layer = make_problem(sizes=(n_pre, n_post), density=density).layers[0]
    pre, post = (
        (rng.integers(-3, 4, (n_samples, n)) * (rng.random(n) < 0.7)).astype(np.float32)
        for n in (n_pre, n_post)
    )
    pre[:, 0] = 1e6
    offset = st.sampled_from([None, 3])
    offsets = [
        rng.integers(-3, 4, n).astype(np.float32) if data.draw(offset) else None
        for n in (n_pre, n_post)
    ]
    form = BilinearForm(
        csr_array(pre) if data.draw(st.booleans()) else pre,
        post,
        *offsets,
        absolute=data.draw(st.booleans()),
        lowest_first=data.draw(st.booleans()),
    )
    count = data.draw(st.integers(0, n_pre * n_post - len(layer.indices)))
    actual, expected = (
        kernels.best_absent_pairs(form, layer.indptr, layer.indices, count, n_threads=2)
        for kernels in (native, reference)
    )
    assert actual.dtype == expected.dtype
    assert actual.tolist() == expected.tolist()


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("batch_size", [3, 7])
def test_few_samples_and_many_weights_train_alike(
    native, make_problem, activation, is_sparse, batch_size
):
    """More weights than are brought into forward order for so narrow a batch; neurons of zeros."""
    problem = make_problem(
        sizes=(60, 1500, 1000, 3), density=0.8, n_samples=7, batch_size=batch_size,
        activation=activation, optimizer=SGD(0.003), is_weighted=True, is_sparse=is_sparse,
        huge=2.0,
    )  # fmt: skip
    assert sum(len(layer.weights) for layer in problem.layers) > 2**20
    assert_trained_alike(native, problem, n_epochs=1)
