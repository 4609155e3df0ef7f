"""The fit: epochs, validation, evolution. No method is known here by name."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctre._typing import FloatArray, IndexArray
from ctre.errors import TrainingDivergedError
from ctre.kernels import SGD, Adam, EpochTotals, Samples
from ctre.methods.evolve import Evolution, Method, evolve
from ctre.methods.policy import Evidence, Needs, Stage
from ctre.methods.schedules import Schedule
from ctre.network import DenseNetwork, SparseNetwork
from ctre.network.initialization import WeightInit
from ctre.randomness import stream
from ctre.topology import TopologyChange
from ctre.training.callbacks import Callback, FitPlan, StopTraining
from ctre.training.history import EpochRecord, History
from ctre.training.validation import Validation, Verdict


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Samples with the rows that are trained on and those that only judge."""

    samples: Samples
    targets: IndexArray | FloatArray
    train_rows: IndexArray
    validation_rows: IndexArray
    """May be empty."""
    sample_weight: FloatArray | None = None
    watched: Validation | None = None
    """Rows that decide nothing; the history says how the network does on them."""


@dataclass(frozen=True)
class TrainingSettings:
    """Everything a fit needs to know that is not data, network or chance."""

    method_name: str
    method: Method | None
    optimizer: SGD | Adam
    """Its learning rate is the start value."""
    learning_rate_schedule: Schedule
    drop_fraction: float
    drop_fraction_schedule: Schedule
    n_epochs: int
    batch_size: int
    update_interval: int
    """Epochs from one topology update to the next."""
    update_until: float
    """Share of the epochs after which the topology is left alone."""
    patience: int
    n_similarity_rows: int
    n_similarity_candidates: int | None
    """As `Stage.n_candidates`."""
    budgets: tuple[int, ...]
    """Connections each layer is meant to have."""
    weight_init: WeightInit
    n_threads: int
    """For training and validation."""
    n_update_threads: int
    """For topology updates, whose work is of another size."""


class Fit(NamedTuple):
    """The outcome of training."""

    network: SparseNetwork | DenseNetwork
    """As it was at the epoch of the best validation score; without validation rows, at the end."""
    history: History


def train(
    network: SparseNetwork | DenseNetwork,
    data: TrainingData,
    settings: TrainingSettings,
    seed: np.random.SeedSequence,
    callbacks: Sequence[Callback] = (),
) -> Fit:
    """Train a network in place and evolve its topology once per epoch.

    Parameters
    ----------
    network : SparseNetwork
        Modified in place.
    data : TrainingData
        Rows to train on and to validate with.
    settings : TrainingSettings
        How.
    seed : numpy.random.SeedSequence
        Decides everything random; the number of threads decides nothing.
    callbacks : sequence of Callback
        Told of every epoch.

    Returns
    -------
    Fit
        The network of the best epoch and the history.

    Raises
    ------
    TrainingDivergedError
        If the training or validation loss stops being finite.

    Notes
    -----
    After the last epoch the topology is left alone: nothing would train what was grown.
    """
    run = _Run(network, data, settings, seed, callbacks)
    for callback in callbacks:
        callback.on_fit_begin(run.plan)
    history = History()
    for epoch in range(1, settings.n_epochs + 1):
        record = run.epoch(epoch)
        history.append(record)
        if not _go_on(callbacks, record):
            break
    for callback in callbacks:
        callback.on_fit_end(history)
    return Fit(run.kept, history)


def _go_on(callbacks: Iterable[Callback], record: EpochRecord) -> bool:
    wanted = True
    for callback in callbacks:
        try:
            callback.on_epoch_end(record)
        except StopTraining:
            wanted = False
    return wanted


def _check_finite(rows: str, loss: float, epoch: int, learning_rate: float) -> None:
    if not math.isfinite(loss):
        raise TrainingDivergedError(
            f"The {rows} loss became {loss} in epoch {epoch} at learning rate "
            f"{learning_rate:.3g}. Lower learning_rate_init, or scale the features."
        )


class _Run:
    """The state of one fit between epochs."""

    def __init__(
        self,
        network: SparseNetwork | DenseNetwork,
        data: TrainingData,
        settings: TrainingSettings,
        seed: np.random.SeedSequence,
        callbacks: Sequence[Callback],
    ) -> None:
        self.network, self.data, self.settings, self.callbacks = network, data, settings, callbacks
        self.batch_rng = stream(seed, "batches")
        self.growth_rng = stream(seed, "growth")
        self.newborn_rng = stream(seed, "newborn weights")
        self.row_rng = stream(seed, "evidence rows")
        self.validation = Validation.of(
            data.samples, data.targets, data.validation_rows, data.sample_weight
        )
        self.kept = network
        self.best_watched, self.watched_size = -math.inf, network.n_connections
        self.stall = self.longest_stall = 0
        self.n_steps_done = 0
        network.reset_slots(2 if isinstance(settings.optimizer, Adam) else 1)
        self.plan = FitPlan(
            method=settings.method_name,
            n_epochs=settings.n_epochs,
            n_samples=len(data.train_rows),
            n_validation=len(data.validation_rows),
            layer_sizes=network.layer_sizes,
            n_connections=network.n_connections,
            n_threads=settings.n_threads,
        )

    def epoch(self, epoch: int) -> EpochRecord:
        """Train, validate, evolve."""
        settings, network = self.settings, self.network
        progress = (epoch - 1) / settings.n_epochs
        learning_rate = settings.optimizer.learning_rate * settings.learning_rate_schedule(progress)
        drop_fraction = settings.drop_fraction * settings.drop_fraction_schedule(progress)

        started = time.perf_counter()
        totals = self._train(epoch, learning_rate)
        _check_finite("training", totals.loss, epoch, learning_rate)
        trained = time.perf_counter()
        verdict = self.validation.judge(network, settings.n_threads) if self.validation else None
        if verdict is not None:
            _check_finite("validation", verdict.loss, epoch, learning_rate)
        self._watch(totals, verdict)
        watched = (
            self.data.watched.judge(network, settings.n_threads) if self.data.watched else None
        )
        validated = time.perf_counter()
        n_connections = network.n_connections
        if settings.method is not None and self._updates_after(epoch):
            stage = Stage(
                epoch / settings.n_epochs,
                self.longest_stall,
                settings.patience,
                settings.n_similarity_candidates,
            )
            assert isinstance(network, SparseNetwork), "a dense network has no topology to evolve"
            evolutions = list(self._evolve(network, settings.method, stage, drop_fraction))
        else:
            evolutions = []
        evolved = time.perf_counter()
        changes = [evolution.change for evolution in evolutions]
        for callback in self.callbacks if changes else ():
            callback.on_topology_update(epoch, changes)

        none = (0,) * len(n_connections)
        return EpochRecord(
            epoch=epoch,
            learning_rate=learning_rate,
            drop_fraction=drop_fraction,
            train_loss=totals.loss,
            train_accuracy=(
                totals.n_correct / len(self.data.train_rows)
                if network.loss == "softmax_cross_entropy"
                else None
            ),
            validation_loss=verdict.loss if verdict else None,
            validation_score=verdict.score if verdict else None,
            test_loss=watched.loss if watched else None,
            test_score=watched.score if watched else None,
            stall=self.stall,
            n_connections=n_connections,
            n_died=tuple(evolution.change.n_died for evolution in evolutions) or none,
            n_born=tuple(evolution.change.n_born for evolution in evolutions) or none,
            n_regrown=tuple(evolution.n_regrown for evolution in evolutions) or none,
            n_random=tuple(evolution.n_random for evolution in evolutions) or none,
            seconds_train=trained - started,
            seconds_validate=validated - trained,
            seconds_evolve=evolved - validated,
        )

    def _updates_after(self, epoch: int) -> bool:
        settings = self.settings
        is_due = epoch % settings.update_interval == 0
        last = min(settings.n_epochs - 1, settings.update_until * settings.n_epochs)
        return is_due and epoch <= last

    def _train(self, epoch: int, learning_rate: float) -> EpochTotals:
        settings, data = self.settings, self.data
        optimizer = settings.optimizer._replace(learning_rate=learning_rate)
        if isinstance(optimizer, Adam):
            optimizer = optimizer._replace(n_steps_done=self.n_steps_done)

        def tick(n_samples_done: int) -> None:
            for callback in self.callbacks:
                callback.on_tick(epoch, n_samples_done)

        totals = self.network.train_epoch(
            data.samples,
            data.targets,
            self.batch_rng.permutation(data.train_rows),
            sample_weight=data.sample_weight,
            batch_size=settings.batch_size,
            optimizer=optimizer,
            n_threads=settings.n_threads,
            tick=tick if self.callbacks else None,
        )
        self.n_steps_done += math.ceil(len(data.train_rows) / settings.batch_size)
        return totals

    def _watch(self, totals: EpochTotals, verdict: Verdict | None) -> None:
        """Keep the best network, else the last, and count the epochs since there was a better."""
        watched = -totals.loss if verdict is None else verdict.score
        if self.network.n_connections != self.watched_size:  # a method that prunes is not done yet
            self.watched_size, self.best_watched = self.network.n_connections, -math.inf
        is_better = watched > self.best_watched
        if is_better or verdict is None:  # before the update, which is not trained if this ends
            self.kept = self.network.snapshot()
        if is_better:
            self.best_watched, self.stall = watched, 0
        else:
            self.stall += 1
            self.longest_stall = max(self.longest_stall, self.stall)

    def _evolve(
        self, network: SparseNetwork, method: Method, stage: Stage, drop_fraction: float
    ) -> Iterator[Evolution]:
        needs = method.needs(stage)
        factors = [self._gradient_factors(network) for _ in range(needs.gradient_batches)]
        for number, (layer, (before, after)) in enumerate(
            zip(network.layers, self._activations(network, needs), strict=False)
        ):
            evidence = Evidence(
                topology=layer.topology,
                weights=layer.weights,
                rng=self.growth_rng,
                stage=stage,
                budget=self.settings.budgets[number],
                n_threads=self.settings.n_update_threads,
                pre_activations=before,
                post_activations=after,
                gradient_factors=[batch[number] for batch in factors],
            )
            evolution = evolve(evidence, method, drop_fraction)
            layer.apply(evolution.change, self._newborn(method, evolution.change))
            yield evolution

    def _activations(
        self, network: SparseNetwork, needs: Needs
    ) -> Iterable[tuple[Samples | None, FloatArray | None]]:
        """Lend the activations around each layer, if a policy wants them."""
        if not needs.activations:
            return repeat((None, None))
        samples = self.data.samples[self._similarity_rows()]
        return network.lend_activations(samples, self.settings.n_update_threads)

    def _gradient_factors(self, network: SparseNetwork) -> list[tuple[Samples, FloatArray]]:
        """Lend the factors of every layer's dense gradient, of one random batch."""
        data = self.data
        size = min(self.settings.batch_size, len(data.train_rows))
        rows = self.row_rng.choice(data.train_rows, size=size, replace=False)
        weight = None if data.sample_weight is None else data.sample_weight[rows]
        return network.gradient_factors(data.samples[rows], data.targets[rows], weight)

    def _newborn(self, method: Method, change: TopologyChange) -> FloatArray:
        if method.newborn == "zero":
            return np.zeros(change.n_born, dtype=np.float32)
        return self.settings.weight_init.newborn(
            self.newborn_rng, change.new.n_pre, change.new.n_post, change.n_born
        )

    def _similarity_rows(self) -> NDArray[np.int32]:
        """Draw a fresh subset of the training rows; all of them where that is wanted."""
        rows, count = self.data.train_rows, self.settings.n_similarity_rows
        if count >= len(rows):
            return rows
        return np.sort(self.row_rng.choice(rows, size=count, replace=False))
