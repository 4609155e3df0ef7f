"""The NumPy kernels against truth: finite differences, a dense network, and what was promised."""

from __future__ import annotations

import itertools
from typing import get_args

import numpy as np
import pytest
from scipy.sparse import csc_array

from ctre.kernels import SGD, Activation, Adam, BilinearForm, Loss, loop, reference

ACTIVATIONS, LOSSES = get_args(Activation), get_args(Loss)
PLAIN = SGD(1.0, momentum=0.0, nesterov=False, l2=0.0)  # weights go down by just the gradient

# Everything again in float64 on dense arrays, written without ctre.kernels.functions.
VALUES = {
    "relu": lambda z: z * (z > 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": np.tanh,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "identity": lambda z: z,
}
SLOPES = {
    "relu": lambda z: 1.0 * (z > 0),
    "leaky_relu": lambda z: np.where(z > 0, 1, 0.01),
    "tanh": lambda z: np.cosh(z) ** -2,
    "logistic": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "identity": np.ones_like,
}


def row_losses(loss, scores, targets):
    if loss == "softmax_cross_entropy":
        power = np.exp(scores)
        return -np.log(power[np.arange(len(power)), targets] / power.sum(axis=1))
    if loss == "logistic":
        p = 1 / (1 + np.exp(-scores))
        return -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum(axis=1)
    return 0.5 * ((scores - targets) ** 2).sum(axis=1)


def dense_weights(layer):
    shape = (layer.n_pre, len(layer.biases))
    return csc_array((layer.weights, layer.indices, layer.indptr), shape=shape).toarray()


def dense_scores(weights, biases, samples, activation):
    for number, (w, b) in enumerate(zip(weights, biases, strict=True)):
        samples = (VALUES[activation](samples) if number else samples) @ w + b
    return samples


def central_difference(function, array, place, step=1e-6):
    kept = array[place]
    array[place] = kept + step
    up = function()
    array[place] = kept - step
    down = function()
    array[place] = kept
    return (up - down) / (2 * step)


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_finite_differences(make_problem, activation, loss, is_weighted):
    problem = make_problem(
        sizes=(6, 7, 5, 3), n_samples=8, batch_size=8, optimizer=PLAIN, huge=3.0,
        activation=activation, loss=loss, is_weighted=is_weighted,
    )  # fmt: skip
    trained = problem.train(reference)

    weights = [dense_weights(layer).astype(np.float64) for layer in problem.layers]
    biases = [layer.biases.astype(np.float64) for layer in problem.layers]
    samples = problem.samples.astype(np.float64)
    row_weight = np.ones(8) if problem.sample_weight is None else problem.sample_weight

    def mean_loss():
        scores = dense_scores(weights, biases, samples, activation)
        return np.average(row_losses(loss, scores, problem.targets), weights=row_weight)

    assert trained.totals[0].loss == pytest.approx(mean_loss(), rel=1e-6)
    for number, (before, after) in enumerate(zip(problem.layers, trained.layers, strict=True)):
        posts = np.repeat(np.arange(len(before.biases)), np.diff(before.indptr))
        for k, place in enumerate(zip(before.indices, posts, strict=True)):
            gradient = central_difference(mean_loss, weights[number], place)
            assert before.weights[k] - after.weights[k] == pytest.approx(gradient, 1e-5, 2e-6)
        for q in range(len(before.biases)):
            gradient = central_difference(mean_loss, biases[number], q)
            assert before.biases[q] - after.biases[q] == pytest.approx(gradient, 1e-5, 2e-6)


def sgd_as_torch(optimizer, value, slots, gradient, _):
    """torch.optim.SGD: buf = momentum buf + g;  g = g + momentum buf (Nesterov) or buf."""
    slots[0][:] = optimizer.momentum * slots[0] + gradient
    step = gradient + optimizer.momentum * slots[0] if optimizer.nesterov else slots[0]
    value -= optimizer.learning_rate * step


def adam_as_torch(optimizer, value, slots, gradient, t):
    """torch.optim.Adam: param -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)."""
    slots[0][:] = optimizer.beta_1 * slots[0] + (1 - optimizer.beta_1) * gradient
    slots[1][:] = optimizer.beta_2 * slots[1] + (1 - optimizer.beta_2) * gradient**2
    spread = np.sqrt(slots[1]) / np.sqrt(1 - optimizer.beta_2**t) + optimizer.floor
    value -= optimizer.learning_rate / (1 - optimizer.beta_1**t) * slots[0] / spread


class DenseMLP:
    """A fully connected network on float64 arrays, as a textbook has it."""

    def __init__(self, problem):
        self.problem = problem
        self.weights = [dense_weights(layer).astype(np.float64) for layer in problem.layers]
        self.biases = [layer.biases.astype(np.float64) for layer in problem.layers]
        self.slots = {id(x): np.zeros((2, *x.shape)) for x in self.weights + self.biases}
        self.n_steps = 0

    def train(self, rows):
        problem = self.problem
        inputs, sums = [problem.samples[rows].astype(np.float64)], []
        for number, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if number:
                inputs.append(VALUES[problem.activation](sums[-1]))
            sums.append(inputs[-1] @ w + b)
        targets = problem.targets[rows]
        if problem.loss == "softmax_cross_entropy":
            power = np.exp(sums[-1])
            error = power / power.sum(axis=1, keepdims=True) - np.eye(power.shape[1])[targets]
        elif problem.loss == "logistic":
            error = 1 / (1 + np.exp(-sums[-1])) - targets
        else:
            error = sums[-1] - targets
        error /= len(rows)

        gradients = []
        for number in reversed(range(len(sums))):
            decay = problem.optimizer.l2 * self.weights[number]
            gradients.append((self.weights[number], inputs[number].T @ error + decay))
            gradients.append((self.biases[number], error.sum(axis=0)))
            if number:
                slope = SLOPES[problem.activation](sums[number - 1])
                error = (error @ self.weights[number].T) * slope
        self.n_steps += 1
        update = adam_as_torch if isinstance(problem.optimizer, Adam) else sgd_as_torch
        for value, gradient in gradients:
            update(problem.optimizer, value, self.slots[id(value)], gradient, self.n_steps)


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.05, momentum=0.0, nesterov=False, l2=0.0),
        SGD(0.02, momentum=0.9, nesterov=False, l2=0.03),
        SGD(0.02, momentum=0.8, nesterov=True, l2=0.03),
        Adam(0.01, beta_1=0.8, beta_2=0.95, floor=1e-3, l2=0.03),
    ],
    ids=["plain", "momentum", "nesterov", "adam"],
)
@pytest.mark.parametrize("loss", LOSSES)
def test_full_layers_are_a_dense_network_step_for_step(make_problem, loss, optimizer):
    problem = make_problem(
        sizes=(7, 9, 5, 3), density=1.0, activation="tanh", loss=loss, optimizer=optimizer, huge=3.0
    )
    dense = DenseMLP(problem)
    trained = problem
    for start in (0, 10, 20):  # 25 rows: the last batch is short
        trained = trained.copy(order=problem.order[start : start + 10])
        if isinstance(optimizer, Adam):
            trained.optimizer = optimizer._replace(n_steps_done=start // 10)
        trained = trained.train(reference)
        dense.train(trained.order)
        for layer, weights, biases in zip(trained.layers, dense.weights, dense.biases, strict=True):
            np.testing.assert_allclose(layer.weights, weights.T.ravel(), rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(layer.biases, biases, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimizer", [SGD(0.05), Adam(0.01)], ids=["sgd", "adam"])
def test_an_epoch_is_its_batches(make_problem, optimizer):
    problem = make_problem(optimizer=optimizer, is_weighted=True)
    problem = problem.copy(order=problem.order[:20])
    at_once = problem.train(reference)
    in_parts = problem
    for n_done, rows in enumerate(np.split(problem.order, [10])):
        if isinstance(optimizer, Adam):
            optimizer = optimizer._replace(n_steps_done=n_done)
        in_parts = in_parts.copy(order=rows, optimizer=optimizer).train(reference)
    for left, right in zip(at_once.parameters, in_parts.parameters, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_a_short_last_batch_counts_by_its_share_of_a_full_one(make_problem, is_weighted):
    """25 rows in batches of 10. Planted: five rows taking a step of full size."""
    optimizer = SGD(0.05, momentum=0.0, nesterov=False, l2=0.0)
    problem = make_problem(optimizer=optimizer, is_weighted=is_weighted)
    before = problem.copy(order=problem.order[:20]).train(reference)
    alone = before.copy(order=problem.order[20:]).train(reference)
    at_once = problem.train(reference)
    for start, full, half in zip(before.layers, alone.layers, at_once.layers, strict=True):
        for name in ("weights", "biases"):
            step = getattr(full, name) - getattr(start, name)
            half_step = getattr(half, name) - getattr(start, name)
            np.testing.assert_allclose(half_step, 0.5 * step, rtol=1e-3, atol=1e-7)


def test_l2_pulls_at_weights_and_not_at_biases(make_problem):
    optimizer = PLAIN._replace(learning_rate=0.5, l2=0.1)
    problem = make_problem(optimizer=optimizer, batch_size=25, is_weighted=True)
    problem.sample_weight[:] = 0
    trained = problem.train(reference)
    for before, after in zip(problem.layers, trained.layers, strict=True):
        np.testing.assert_allclose(after.weights, before.weights * 0.95, rtol=1e-6)
        np.testing.assert_array_equal(after.biases, before.biases)


def test_a_batch_without_weight_leaves_momentum_and_decay(make_problem):
    optimizer = SGD(0.5, momentum=0.9, nesterov=True, l2=0.1)
    problem = make_problem(optimizer=optimizer, batch_size=25, is_weighted=True)
    problem.sample_weight[:] = 0
    for layer in problem.layers:
        layer.weight_slots[0][:] = 2
        layer.bias_slots[0][:] = 3
    trained = problem.train(reference)
    assert trained.totals[0].loss == 0
    for before, after in zip(problem.layers, trained.layers, strict=True):
        decay = 0.1 * before.weights
        velocity = 0.9 * 2 + decay
        np.testing.assert_allclose(after.weight_slots[0], velocity, rtol=1e-6)
        expected = before.weights - 0.5 * (decay + 0.9 * velocity)
        np.testing.assert_allclose(after.weights, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(after.biases, before.biases - 0.5 * 0.9 * 0.9 * 3, rtol=1e-6)


def test_rows_weigh_as_if_they_were_repeated(make_problem):
    problem = make_problem(optimizer=PLAIN, batch_size=99, huge=3.0)
    weight = np.arange(25, dtype=np.float32) % 3
    repeated = np.repeat(np.arange(25, dtype=np.int32), weight.astype(int))
    left = problem.copy(sample_weight=weight).train(reference)
    right = problem.copy(order=repeated).train(reference)
    assert left.totals[0].loss == pytest.approx(right.totals[0].loss, rel=1e-6)
    for one, other in zip(left.parameters, right.parameters, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_sparse_samples_train_and_predict_as_dense_ones(make_problem):
    sparse = make_problem(is_sparse=True)
    dense = sparse.copy(samples=sparse.samples.toarray())
    for left, right in zip(
        sparse.train(reference).parameters, dense.train(reference).parameters, strict=True
    ):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(sparse.scores(reference), dense.scores(reference))


def test_totals_are_of_the_moment_each_sample_was_trained(make_problem):
    problem = make_problem(is_weighted=True)
    totals = problem.train(reference).totals[0]
    losses, n_correct = np.zeros(25), 0
    for rows in np.split(problem.order, [10, 20]):
        scores = problem.scores(reference)[rows].astype(np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        losses[rows] = row_losses(problem.loss, scores, problem.targets[rows])
        n_correct += np.count_nonzero(scores.argmax(axis=1) == problem.targets[rows])
        problem = problem.copy(order=rows).train(reference)
    assert totals.loss == pytest.approx(np.average(losses, weights=problem.sample_weight), rel=1e-6)
    assert totals.n_correct == n_correct


def test_of_equal_scores_the_first_class_is_the_answer(make_problem):
    problem = make_problem(batch_size=25)
    problem.layers[-1].weights[:] = 0
    problem.layers[-1].biases[:] = 0
    totals = problem.train(reference).totals[0]
    assert totals.n_correct == np.count_nonzero(problem.targets == 0)
    assert totals.loss == pytest.approx(np.log(3), rel=1e-6)


@pytest.mark.parametrize("loss", ["logistic", "squared_error"])
def test_nothing_is_correct_without_classes(make_problem, loss):
    assert make_problem(loss=loss).train(reference).totals[0].n_correct == 0


def test_an_epoch_without_samples_is_nothing(make_problem):
    problem = make_problem()
    trained = problem.copy(order=problem.order[:0]).train(reference)
    assert trained.totals[0] == (0.0, 0)
    for left, right in zip(problem.parameters, trained.parameters, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", [SGD(1e30), Adam(1e38)], ids=["sgd", "adam"])
def test_a_loss_that_explodes_is_returned_without_a_warning(
    make_problem, activation, loss, optimizer
):
    problem = make_problem(optimizer=optimizer, activation=activation, loss=loss, huge=1e30)
    trained = problem.train(reference, n_epochs=3)
    trained.scores(reference)
    assert not np.isfinite(trained.totals[-1].loss)


def test_tick_hears_how_many_samples_are_done(make_problem, monkeypatch):
    monkeypatch.setattr(loop, "_TICK_SECONDS", 0)
    heard = []
    make_problem(tick=heard.append).train(reference)
    assert heard == [10, 20, 25]


def test_tick_is_called_ten_times_a_second_at_most(make_problem, monkeypatch):
    now = itertools.count(step=0.04)
    monkeypatch.setattr("ctre.kernels.loop.time.monotonic", lambda: next(now))
    heard = []
    make_problem(n_samples=300, tick=heard.append).train(reference)
    assert 5 <= len(heard) <= next(now) * 10


def test_what_tick_raises_ends_the_epoch(make_problem, monkeypatch):
    class StopHereError(Exception):
        pass

    def stop(n_samples):
        raise StopHereError(n_samples)

    monkeypatch.setattr(loop, "_TICK_SECONDS", 0)
    problem = make_problem(tick=stop)
    stopped = problem.copy()
    with pytest.raises(StopHereError, match="10"):
        reference.train_epoch(
            stopped.layers, stopped.samples, stopped.targets, stopped.order, sample_weight=None,
            input_dropout=None,
            batch_size=10, activation="relu", loss=stopped.loss, optimizer=stopped.optimizer,
            n_threads=1, tick=stop,
        )  # fmt: skip
    one_batch = problem.copy(order=problem.order[:10], tick=None).train(reference)
    for left, right in zip(stopped.parameters, one_batch.parameters, strict=True):
        np.testing.assert_array_equal(left, right)


def test_training_reads_only(make_problem):
    problem = make_problem(is_weighted=True)
    arrays = [problem.samples, problem.targets, problem.order, problem.sample_weight]
    arrays += [array for layer in problem.layers for array in (layer.indptr, layer.indices)]
    for array in arrays:
        array.setflags(write=False)
    problem.train(reference)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("is_sparse", [False, True])
def test_the_activations_of_a_layer_are_its_formula(make_problem, activation, is_sparse):
    problem = make_problem(is_sparse=is_sparse, huge=3.0)
    layer = problem.layers[0]._replace(biases=np.linspace(-1, 1, 9, dtype=np.float32))
    layers = [layer, *problem.layers[1:]]
    found = reference.activations(layers, problem.samples, activation=activation, n_threads=1)[0]
    samples = problem.samples.toarray() if is_sparse else problem.samples
    sums = samples.astype(np.float64) @ dense_weights(layer) + layer.biases
    np.testing.assert_allclose(found, VALUES[activation](sums), rtol=1e-5, atol=1e-6)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous


def test_scores_are_the_layers_one_after_the_other(make_problem):
    problem = make_problem(activation="tanh")
    found = reference.activations(problem.layers, problem.samples, activation="tanh", n_threads=1)
    values = problem.samples
    for layer, next_values in zip(problem.layers, found, strict=True):
        [alone] = reference.activations([layer], values, activation="tanh", n_threads=1)
        is_last = next_values is found[-1]
        np.testing.assert_array_equal(next_values, alone if is_last else np.tanh(alone))
        values = next_values
    np.testing.assert_array_equal(problem.scores(reference), values)


def test_blocks_do_not_show(make_problem, monkeypatch):
    problem = make_problem()
    layer = problem.layers[0]
    offsets = [np.arange(n, dtype=np.float32) % 4 for n in (12, 9)]
    form = BilinearForm(problem.samples, np.maximum(problem.samples[:, :9], 0), *offsets)
    free = layer.n_pre * 9 - len(layer.indices)

    def everything():
        yield problem.scores(reference)
        yield from reference.activations(
            problem.layers, problem.samples, activation="relu", n_threads=1
        )
        for count in (0, 1, free // 2, free):
            yield reference.best_absent_pairs(form, layer.indptr, layer.indices, count, n_threads=1)
        yield from problem.train(reference).parameters

    whole = list(everything())
    for module in (reference, loop):
        monkeypatch.setattr(module, "BLOCK", 30)
    monkeypatch.setattr(reference, "_CACHED_BLOCK", 30)
    for expected, actual in zip(whole, everything(), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
