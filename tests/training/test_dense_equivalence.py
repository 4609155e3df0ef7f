"""A full topology trains as a dense network does, step for step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from fits import SIZES, TRAIN, X, classifier, y
from scipy.special import softmax

from ctre.randomness import stream

N_EPOCHS, BATCH, RATE, MOMENTUM, L2 = 5, 30, 0.05, 0.9, 0.01


def plain_fit(weights, biases):
    """Train a dense network in float64 with Nesterov momentum; give the losses of every epoch."""
    rng = stream(np.random.SeedSequence(0), "batches")
    parameters = [*weights, *biases]
    velocities = [np.zeros_like(values) for values in parameters]
    losses = []
    for _ in range(N_EPOCHS):
        order, total = rng.permutation(TRAIN.astype(np.int32)), 0.0
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            before, values = [], np.float64(X[rows])
            for weight, bias in zip(weights, biases, strict=True):
                values = np.maximum(values, 0) if before else values
                before.append(values)
                values = values @ weight + bias
            probabilities = softmax(values, axis=1)
            total -= np.log(probabilities[np.arange(len(rows)), y[rows]]).sum()
            signals = (probabilities - np.eye(SIZES[-1])[y[rows]]) / BATCH
            gradients = []
            for weight, inputs in zip(weights[::-1], before[::-1], strict=True):
                gradients.append((inputs.T @ signals + L2 * weight, signals.sum(axis=0)))
                signals = signals @ weight.T * (inputs > 0)
            steps = zip(*gradients[::-1], strict=True)
            for values, velocity, gradient in zip(
                parameters, velocities, [part for parts in steps for part in parts], strict=True
            ):
                velocity *= MOMENTUM
                velocity += gradient
                values -= RATE * (gradient + MOMENTUM * velocity)
        losses.append(total / len(order))
    return losses


@pytest.mark.parametrize("method", ["static", "set", "dense"])
def test_a_full_topology_is_a_dense_network(method):
    """Batches of 30, 30, 30 and 10. Planted: the last one divided by 10; L2 on biases."""
    options = {
        "epsilon": None,
        "density": 1.0,
        "alpha": L2,
        "learning_rate": "constant",
        "validation_split": None,
        "validation_fraction": 0.0,
    }
    first = trained(method, **options, max_iter=1, learning_rate_init=1e-30)
    weights = [dense(matrix) for matrix in first.coefs_]
    assert [w.shape for w in weights] == list(pairwise(SIZES))
    model = trained(method, **options, max_iter=N_EPOCHS, learning_rate_init=RATE)
    biases = [np.zeros(n) for n in SIZES[1:]]
    losses = plain_fit(weights, biases)
    assert model.history_.column("train_loss") == pytest.approx(losses, rel=1e-5)
    for got, want in zip(model.coefs_, weights, strict=True):
        np.testing.assert_allclose(dense(got), want, rtol=1e-3, atol=1e-5)
    for got, want in zip(model.intercepts_, biases, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def trained(method, **options):
    return classifier(method, **options).fit(X[TRAIN], y[TRAIN])


def dense(matrix):
    return np.float64(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
