"""From the parameters of an estimator to the network and the settings that training takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ctre.density import erdos_renyi_counts, uniform_counts
from ctre.kernels import SGD, Adam, Loss
from ctre.methods import Recipe, StartPlan, get_schedule
from ctre.network import DenseNetwork, SparseLayer, SparseNetwork, get_weight_init
from ctre.randomness import stream
from ctre.threads import available_threads, threads_for
from ctre.training import TrainingData, TrainingSettings


def connection_counts(
    parameters: Mapping[str, Any], layer_sizes: tuple[int, ...]
) -> tuple[int, ...]:
    """Count the connections each layer is meant to have."""
    if parameters["density"] is not None:
        return uniform_counts(layer_sizes, parameters["density"])
    return erdos_renyi_counts(layer_sizes, parameters["epsilon"])


def layer_sizes(parameters: Mapping[str, Any], n_features: int, n_outputs: int) -> tuple[int, ...]:
    """Count the neurons of every layer."""
    hidden = parameters["hidden_layer_sizes"]
    sizes = (hidden,) if isinstance(hidden, int | np.integer) else hidden
    return (n_features, *map(int, sizes), n_outputs)


def first_network(
    parameters: Mapping[str, Any],
    recipe: Recipe,
    sizes: tuple[int, ...],
    counts: tuple[int, ...],
    data: TrainingData,
    loss: Loss,
    seed: np.random.SeedSequence,
) -> SparseNetwork | DenseNetwork:
    """Make the network that training begins with; biases are zero."""
    n_rows = min(parameters["batch_size"], len(data.train_rows))
    rows = stream(seed, "first batch").choice(data.train_rows, size=n_rows, replace=False)
    plan = StartPlan(
        layer_sizes=sizes,
        counts=counts,
        draw_weights=get_weight_init(parameters["weight_init"]).initial,
        seed=seed,
        samples=data.samples[rows],
        targets=data.targets[rows],
        activation=parameters["activation"],
        loss=loss,
    )
    layers = [
        SparseLayer(topology, weights, np.zeros(topology.n_post, dtype=np.float32))
        for topology, weights in recipe.start.layers(plan)
    ]
    kind = DenseNetwork.of if recipe.is_dense else SparseNetwork
    return kind(layers, plan.activation, plan.loss)


def training_settings(
    parameters: Mapping[str, Any],
    recipe: Recipe,
    counts: tuple[int, ...],
    n_train: int,
) -> TrainingSettings:
    """Say how to train, in the words of `ctre.training`."""
    threads = parameters["n_threads"]
    return TrainingSettings(
        method_name=recipe.name,
        method=recipe.method,
        optimizer=_optimizer(parameters),
        learning_rate_schedule=get_schedule(parameters["learning_rate"]),
        drop_fraction=parameters["drop_fraction"],
        drop_fraction_schedule=get_schedule(parameters["drop_fraction_schedule"]),
        n_epochs=parameters["max_iter"],
        batch_size=parameters["batch_size"],
        update_interval=parameters["update_interval"],
        update_until=parameters["update_until"],
        patience=parameters["patience"],
        budgets=counts,
        n_similarity_rows=_similarity_rows(parameters["similarity_samples"], n_train),
        n_similarity_candidates=parameters["similarity_candidates"],
        weight_init=get_weight_init(parameters["weight_init"]),
        n_threads=threads or threads_for(sum(counts), parameters["batch_size"]),
        n_update_threads=threads or available_threads(),
    )


def _optimizer(parameters: Mapping[str, Any]) -> SGD | Adam:
    rate, l2 = parameters["learning_rate_init"], parameters["alpha"]
    if parameters["solver"] == "adam":
        return Adam(rate, parameters["beta_1"], parameters["beta_2"], l2=l2)
    return SGD(rate, parameters["momentum"], parameters["nesterovs_momentum"], l2)


def _similarity_rows(wanted: float | None, n_train: int) -> int:
    if wanted is None:
        return n_train
    if wanted < 1:
        return max(1, round(wanted * n_train))
    return min(int(wanted), n_train)
