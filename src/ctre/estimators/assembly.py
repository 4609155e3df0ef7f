"""From the parameters of an estimator to the state that training begins with.

Here, and nowhere else, keywords are bound to a recipe's settings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from ctre.density import erdos_renyi_counts, uniform_counts
from ctre.errors import InvalidParameterError
from ctre.estimators.parameters import USED_BY_SOME, Parameters
from ctre.kernels import SGD, Adam
from ctre.methods import Method, Recipe, Stage, StartPlan, bound, get_schedule, settings_of
from ctre.network import SparseLayer, SparseNetwork, get_weight_init
from ctre.randomness import stream
from ctre.threads import available_threads, threads_for
from ctre.training import FitState, Stopping, Task, TrainingData, TrainingSettings

_AUTO_BATCH = 200
"""Most rows of a batch of size "auto", as in scikit-learn."""
_AUTO_L2, _AUTO_L2_ROWS = 1e-3, 5000
"""The L2 term "auto", and the rows up to which it stays so."""
_AUTO_DROPOUT_COLUMNS = 50
_AUTO_DROPOUT, _AUTO_DROPOUT_DENSER, _DENSER = 0.05, 0.1, 2.0
"""The share of inputs left out that is "auto": from so many columns on; beyond so many connections
for each neuron on either side of a layer (epsilon), the larger one."""
_USUAL_FRACTION = 0.1
"""Share of the rows set aside where early stopping is asked for and nothing is said of it."""
_USUAL_TOL = 1e-4
"""Improvement that counts where early stopping is asked for and ``tol`` is None."""


def first_state(
    parameters: Parameters,
    recipe: Recipe,
    task: Task,
    data: TrainingData,
    seed: np.random.SeedSequence,
) -> FitState:
    """Make the state in which nothing has been trained.

    Raises
    ------
    InvalidParameterError
        If a layer would be left without a connection.
    """
    sizes = _layer_sizes(parameters, data.rows.samples.shape[1], task.n_outputs)
    counts = _connection_counts(parameters, sizes)
    network = _first_network(parameters, recipe, task, data, sizes, counts, seed)
    settings = _settings(parameters, recipe, data, sizes, counts)
    return FitState(network, data, task, settings, seed)


def next_state(
    parameters: Parameters,
    recipe: Recipe,
    task: Task,
    data: TrainingData,
    seed: np.random.SeedSequence,
    layers: Sequence[SparseLayer],
) -> FitState:
    """Make the state that goes on with layers that have been trained.

    Raises
    ------
    InvalidParameterError
        If the parameters ask for another network.
    """
    network = SparseNetwork(layers, parameters.activation, task.loss)
    sizes = _layer_sizes(parameters, data.rows.samples.shape[1], task.n_outputs)
    if sizes != network.layer_sizes:
        raise InvalidParameterError(
            "hidden_layer_sizes must stay as they are where training goes on, which is "
            f"{network.layer_sizes[1:-1]}, got {sizes[1:-1]}. Set warm_start to False and call fit "
            "for another network."
        )
    counts = _connection_counts(parameters, sizes)
    settings = _settings(parameters, recipe, data, sizes, counts)
    return FitState(network, data, task, settings, seed)


def as_stream(state: FitState) -> FitState:
    """Make the state of a fit that has no end, so that no schedule falls and nothing stops it.

    Raises
    ------
    InvalidParameterError
        If the method prunes towards an end.
    """
    settings = state.settings
    method = settings.method
    if method is not None and method.pace.drop_fraction(Stage(1, math.inf)) is None:
        raise InvalidParameterError(
            f"method must not prune along the run for partial_fit, which has no end, got "
            f"{settings.method_name!r}. Call fit."
        )
    endless = replace(settings, n_epochs=math.inf, stopping=None)
    return FitState(state.network, state.data, state.task, endless, state.seed)


def names_used_by(recipe: Recipe) -> frozenset[str]:
    """Name the parameters that make a difference to a recipe, of those that not every one uses."""
    settings = settings_of(recipe)
    return frozenset(parameter.name for parameter in USED_BY_SOME if parameter.setting in settings)


def bound_method(parameters: Parameters, recipe: Recipe) -> Method | None:
    """Give the recipe's method with its open settings filled in; None if it has none."""
    converted = {"drop_fraction_schedule": get_schedule(parameters.drop_fraction_schedule)}
    values: Mapping[str, Any] = {
        parameter.setting: getattr(parameters, parameter.name)
        for parameter in USED_BY_SOME
        if parameter.setting is not None
    }
    return bound(recipe.method, {**values, **converted})


def _layer_sizes(parameters: Parameters, n_features: int, n_outputs: int) -> tuple[int, ...]:
    hidden = parameters.hidden_layer_sizes
    return (n_features, *np.atleast_1d(hidden).astype(int).tolist(), n_outputs)


def batch_size_of(parameters: Parameters, n_train: int) -> int:
    """Give the rows of a full batch, of which there are never more than rows to train on."""
    wanted = _AUTO_BATCH if parameters.batch_size == "auto" else parameters.batch_size
    return min(int(wanted), n_train)


def validation_fraction(parameters: Parameters) -> float:
    """Give the share of the rows to set aside; early stopping needs some."""
    if parameters.validation_fraction is None:
        return _USUAL_FRACTION if parameters.early_stopping else 0.0
    return parameters.validation_fraction


def _stopping(parameters: Parameters, data: TrainingData) -> Stopping | None:
    """Say when training ends early: by the rows set aside, else by the training loss; or never."""
    tol, limit = parameters.tol, parameters.n_iter_no_change
    if parameters.early_stopping:
        if data.n_validation == 0:
            raise InvalidParameterError(
                "early_stopping must have rows to stop by, got none. Raise validation_fraction "
                f"(it is {parameters.validation_fraction}), or give X_val and y_val."
            )
        return Stopping(_USUAL_TOL if tol is None else tol, limit, by_validation=True)
    return None if tol is None else Stopping(tol, limit, by_validation=False)


def _connection_counts(parameters: Parameters, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Count the connections each layer is meant to have."""
    if parameters.density is not None:
        return uniform_counts(sizes, parameters.density)
    assert parameters.epsilon is not None, "Parameters has checked that"
    return erdos_renyi_counts(sizes, parameters.epsilon)


def _first_network(
    parameters: Parameters,
    recipe: Recipe,
    task: Task,
    data: TrainingData,
    sizes: tuple[int, ...],
    counts: tuple[int, ...],
    seed: np.random.SeedSequence,
) -> SparseNetwork:
    """Make the network that training begins with; biases are zero."""
    n_rows = batch_size_of(parameters, len(data.train_rows))
    numbers = stream(seed, "first batch").choice(data.train_rows, size=n_rows, replace=False)
    batch = data.rows.take(numbers)
    plan = StartPlan(
        layer_sizes=sizes,
        counts=counts,
        draw_weights=get_weight_init(parameters.weight_init).initial,
        draw_dense=get_weight_init(parameters.weight_init).dense,
        seed=seed,
        samples=batch.samples,
        targets=batch.targets,
        activation=parameters.activation,
        loss=task.loss,
        sample_weight=batch.sample_weight,
    )
    layers = [
        SparseLayer(topology, weights, np.zeros(topology.n_post, dtype=np.float32))
        for topology, weights in recipe.start.layers(plan)
    ]
    return SparseNetwork(layers, plan.activation, plan.loss)


def _settings(
    parameters: Parameters,
    recipe: Recipe,
    data: TrainingData,
    sizes: tuple[int, ...],
    counts: tuple[int, ...],
) -> TrainingSettings:
    """Say how to train, in the words of `ctre.training`."""
    threads = parameters.n_threads
    batch_size = batch_size_of(parameters, len(data.train_rows))
    return TrainingSettings(
        method_name=recipe.name,
        method=bound_method(parameters, recipe),
        optimizer=_optimizer(parameters, len(data.train_rows)),
        learning_rate_schedule=get_schedule(parameters.learning_rate),
        n_epochs=parameters.max_iter,
        batch_size=batch_size,
        input_dropout=_input_dropout(parameters, sizes, counts),
        stopping=_stopping(parameters, data),
        budgets=counts,
        draw_newborn=get_weight_init(parameters.weight_init).newborn,
        n_threads=threads or threads_for(sum(counts), batch_size),
        n_update_threads=threads or available_threads(),
    )


def _input_dropout(
    parameters: Parameters, sizes: tuple[int, ...], counts: tuple[int, ...]
) -> float:
    """Give the share of the inputs to leave out; few columns cannot stand in for one another."""
    if parameters.input_dropout != "auto":
        return float(parameters.input_dropout)
    if sizes[0] < _AUTO_DROPOUT_COLUMNS:
        return 0.0
    epsilon = sum(counts) / sum(map(sum, pairwise(sizes)))
    return _AUTO_DROPOUT_DENSER if epsilon > _DENSER else _AUTO_DROPOUT


def _l2(parameters: Parameters, n_train: int) -> float:
    """Give the L2 term; steps, in each of which it acts, grow with the rows."""
    if parameters.alpha != "auto":
        return float(parameters.alpha)
    return _AUTO_L2 * min(1.0, math.sqrt(_AUTO_L2_ROWS / n_train))


def _optimizer(parameters: Parameters, n_train: int) -> SGD | Adam:
    rate, l2 = parameters.learning_rate_init, _l2(parameters, n_train)
    if parameters.solver == "adam":
        return Adam(rate, parameters.beta_1, parameters.beta_2, l2=l2)
    return SGD(rate, parameters.momentum, bool(parameters.nesterovs_momentum), l2)
