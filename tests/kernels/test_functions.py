"""Activations and losses, value against derivative, and at the ends of the number range."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from ctre.kernels import LEAK, Activation, Loss
from ctre.kernels.functions import (
    activation,
    activation_slope,
    error_signals,
    mean_loss,
    output,
    sample_losses,
)

ACTIVATIONS, LOSSES = get_args(Activation), get_args(Loss)
STEP = 1e-6


def targets_for(loss, rng, scores):
    if loss == "softmax_cross_entropy":
        return rng.integers(scores.shape[1], size=len(scores))
    return rng.random(scores.shape)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_the_derivatives_of_the_values(rng, name):
    z = rng.normal(0, 2, (20, 3))
    difference = (activation(name, z + STEP) - activation(name, z - STEP)) / (2 * STEP)
    np.testing.assert_allclose(activation_slope(name, activation(name, z)), difference, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_stay_float32_and_finite(name):
    z = np.array([-1e30, -100, -1, 0, 1, 100, 1e30], dtype=np.float32)
    value = activation(name, z)
    slope = activation_slope(name, value)
    assert value.dtype == slope.dtype == np.float32
    assert np.all(np.isfinite(value))
    if name != "identity":  # 1 - a * a of a value near 1 is 0, never below
        assert np.all((slope >= 0) & (slope <= 1))


def test_the_kinks():
    z = np.array([-2.0, 0.0, 2.0])
    assert activation("relu", z).tolist() == [0, 0, 2]
    assert activation_slope("relu", activation("relu", z)).tolist() == [0, 0, 1]
    assert activation("leaky_relu", z).tolist() == [-2 * LEAK, 0, 2]
    assert activation_slope("leaky_relu", activation("leaky_relu", z)).tolist() == [LEAK, LEAK, 1]


@pytest.mark.parametrize("loss", LOSSES)
def test_error_signals_are_the_derivatives_of_the_losses(rng, loss):
    scores = rng.normal(0, 3, (6, 4))
    targets = targets_for(loss, rng, scores)
    for output_neuron in range(4):
        step = np.zeros((1, 4))
        step[0, output_neuron] = STEP
        up, down = (sample_losses(loss, scores + sign * step, targets) for sign in (1, -1))
        signal = error_signals(loss, scores, targets)[:, output_neuron]
        np.testing.assert_allclose(signal, (up - down) / (2 * STEP), atol=1e-7)


def test_losses_by_hand():
    scores = np.array([[0.0, np.log(3.0)]], dtype=np.float32)
    assert mean_loss("softmax_cross_entropy", scores, np.array([0])) == pytest.approx(np.log(4))
    targets = np.array([[1.0, 0.0]], dtype=np.float32)
    assert mean_loss("logistic", scores, targets) == pytest.approx(np.log(2) + np.log(4))
    targets = np.array([[2.0, np.log(3.0) + 1]], dtype=np.float32)
    assert mean_loss("squared_error", scores, targets) == pytest.approx((4 + 1) / 2)


def test_losses_of_scores_beyond_exp():
    """A softmax without its maximum taken off, or log(expit(s)), gives inf or NaN here."""
    scores = np.array([[1e4, 0.0], [-1e4, 0.0]], dtype=np.float32)
    assert mean_loss("softmax_cross_entropy", scores, np.array([1, 1])) == 5000
    targets = np.array([[0.0, 0.0], [1.0, 1.0]], dtype=np.float32)
    assert mean_loss("logistic", scores, targets) == pytest.approx(1e4 + np.log(2))


def test_outputs_are_what_the_scores_mean(rng):
    scores = np.concatenate([rng.normal(size=(5, 3)), [[1e4, -1e4, 0]]]).astype(np.float32)
    probabilities = output("softmax_cross_entropy", scores)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(
        np.diff(np.log(probabilities[:5])), np.diff(scores[:5].astype(float)), rtol=1e-12
    )
    by_hand = 1 / (1 + np.exp(-scores[:5].astype(float)))
    np.testing.assert_allclose(output("logistic", scores[:5]), by_hand, rtol=1e-12)
    assert output("logistic", scores[5:]).tolist() == [[1, 0, 0.5]]
    np.testing.assert_array_equal(output("squared_error", scores), scores)
    assert all(output(loss, scores).dtype == np.float64 for loss in LOSSES)


@pytest.mark.parametrize("loss", LOSSES)
def test_outputs_belong_to_the_caller(rng, loss):
    scores = rng.normal(size=(2, 3))
    assert not np.shares_memory(output(loss, scores), scores)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_weighted_mean_counts_rows_as_often_as_they_weigh(rng, loss):
    scores = rng.normal(size=(3, 4)).astype(np.float32)
    targets = targets_for(loss, rng, scores)
    weight = np.array([2, 0, 1], dtype=np.float32)
    repeated = mean_loss(loss, scores[[0, 0, 2]], targets[[0, 0, 2]])
    assert mean_loss(loss, scores, targets, weight) == pytest.approx(repeated, rel=1e-12)
    assert mean_loss(loss, scores, targets, 0 * weight) == 0


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_not_finite_shows_in_the_loss(rng, loss, bad):
    scores = np.full((2, 3), bad, dtype=np.float32)
    targets = targets_for(loss, rng, scores)
    assert not np.isfinite(mean_loss(loss, scores, targets))
    output(loss, scores)  # without a warning, which would be an error here
    error_signals(loss, scores, targets)
