"""All that a fit is between two epochs, and how it goes on. No method is known here by name."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ctre.errors import TrainingDivergedError
from ctre.kernels import Adam, EpochTotals, InputDropout
from ctre.methods.evidence import Stage
from ctre.methods.evolve import Evolution
from ctre.network import SparseNetwork
from ctre.randomness import stream
from ctre.training.best import BestSoFar
from ctre.training.callbacks import Callback, FitPlan
from ctre.training.data import Evaluation, LabelledRows, TrainingData
from ctre.training.evidence import TrainingEvidence
from ctre.training.evolver import Evolver, Observe
from ctre.training.history import EpochRecord, History
from ctre.training.settings import TrainingSettings
from ctre.training.stopping import Plateau
from ctre.training.stored_fit import (
    remember,
    restore_fit,
    stored_fit,
    stored_record,
    stored_training,
    take_over,
)
from ctre.training.task import Task


class FitState:
    """A fit in progress.

    Parameters
    ----------
    network : SparseNetwork
        Trained in place; its layers get the optimizer's slots.
    data : TrainingData
        Rows to train on, to validate with and to test on.
    task : Task
        What is learned.
    settings : TrainingSettings
        How.
    seed : numpy.random.SeedSequence
        Decides everything random; the number of threads decides nothing.

    Attributes
    ----------
    network : SparseNetwork
        As it is now, after the latest topology update.
    kept : SparseNetwork
        As it was at the best epoch, before the update after it.
    best : BestSoFar
        Which epoch that is, and for how long there has been no better one.
    plateau : Plateau
        For how long nothing has improved enough, where that ends training early.
    history : History
        One record per epoch done.
    n_steps_done : int
        Batches trained.
    n_samples_done : int
        Samples trained.
    is_stopped : bool
        Whether a callback has ended it before all epochs were done.
    pass_size : int
        Samples that count as one pass, by which topology updates are timed: the rows of the fit, or
        of the first piece of a stream.
    plan : FitPlan
        What was to be done at the beginning.
    observe : callable
        Gathers the evidence that policies ask for; `TrainingEvidence`, unless another is put here
        before training begins.
    """

    def __init__(
        self,
        network: SparseNetwork,
        data: TrainingData,
        task: Task,
        settings: TrainingSettings,
        seed: np.random.SeedSequence,
    ) -> None:
        self.network, self.data, self.task, self.settings = network, data, task, settings
        self.seed = seed
        self.kept, self.best, self.history = network, BestSoFar(), History()
        self.plateau = Plateau()
        self.n_steps_done, self.n_samples_done, self.is_stopped = 0, 0, False
        self.pass_size = len(data.train_rows)
        self.plan = FitPlan(
            method=settings.method_name,
            n_epochs=settings.n_epochs,
            n_samples=len(data.train_rows),
            n_validation=data.n_validation,
            layer_sizes=network.layer_sizes,
            n_connections=network.n_connections,
            n_threads=settings.n_threads,
        )
        network.reset_slots(self.n_slots)
        self._batch_rng, self._row_rng = stream(seed, "batches"), stream(seed, "evidence rows")
        self._dropout_rng = stream(seed, "input dropout")
        self._validation = data.validation
        self.observe: Observe = TrainingEvidence(
            network, data, settings.batch_size, self._row_rng, settings.n_update_threads
        )
        self._evolver = None
        if settings.method is not None:
            self._evolver = Evolver(
                settings.method,
                settings.budgets,
                settings.draw_newborn,
                seed,
                settings.n_update_threads,
            )

    @property
    def generators(self) -> dict[str, np.random.Generator]:
        """Everything that draws, by name."""
        own = {"batches": self._batch_rng, "rows": self._row_rng}
        if self.settings.input_dropout:
            own["input dropout"] = self._dropout_rng
        return own | dict(self._evolver.generators if self._evolver else {})

    @property
    def n_slots(self) -> int:
        """Arrays that the optimizer keeps for the weights, and as many for the biases."""
        return 2 if isinstance(self.settings.optimizer, Adam) else 1

    @property
    def n_epochs_done(self) -> int:
        """Epochs that are in the history."""
        return len(self.history)

    @property
    def is_done(self) -> bool:
        """Whether all epochs that were planned are done, or training has ended before."""
        is_over = self.is_stopped or self.has_plateaued
        return is_over or self.n_epochs_done >= self.settings.n_epochs

    @property
    def has_plateaued(self) -> bool:
        """Whether nothing has improved for so long that training ends."""
        stopping = self.settings.stopping
        return stopping is not None and self.plateau.n_without > stopping.n_iter_no_change

    def step(self, callbacks: Sequence[Callback] = ()) -> EpochRecord:
        """Do one epoch: train, validate, evolve.

        Parameters
        ----------
        callbacks : sequence of Callback
            Told of ticks and of the topology update; whoever calls tells of the epoch's end.

        Returns
        -------
        EpochRecord
            What the history now ends in.

        Raises
        ------
        TrainingDivergedError
            If the training or validation loss stops being finite.

        Notes
        -----
        After the last epoch the topology is left alone: nothing would train what was grown. Also
        where training ends early.
        """
        settings, network, data = self.settings, self.network, self.data
        stage = Stage(self.n_epochs_done + 1, settings.n_epochs)
        epoch = stage.step
        learning_rate = settings.optimizer.learning_rate * settings.learning_rate_schedule(
            stage.begun
        )
        started = time.perf_counter()
        totals = self._train(learning_rate, callbacks)
        _check_finite("training", totals.loss, epoch, learning_rate)
        trained = time.perf_counter()
        validation = self._evaluate(self._validation)
        if validation is not None:
            _check_finite("validation", validation.loss, epoch, learning_rate)
        n_connections = network.n_connections
        score = validation.score if validation else None
        if self.best.offer(epoch, n_connections, totals.loss, score):
            self.kept = network.snapshot()  # before the update, which is not trained if this ends
        if settings.stopping is not None:
            watched = score if settings.stopping.by_validation else None
            watched = -totals.loss if watched is None else watched
            self.plateau.offer(watched, n_connections, settings.stopping.tol)
        validated = time.perf_counter()
        for callback in callbacks:
            callback.on_trained(self)
        begun = time.perf_counter()
        evolutions = self._evolve()
        evolved = time.perf_counter()
        changes = [evolution.change for evolution in evolutions]
        for callback in callbacks if changes else ():
            callback.on_topology_update(self, changes)

        none = (0,) * len(n_connections)
        record = EpochRecord(
            epoch=epoch,
            learning_rate=learning_rate,
            drop_fraction=(
                None if settings.method is None else settings.method.pace.drop_fraction(stage)
            ),
            train_loss=totals.loss,
            train_accuracy=(
                totals.n_correct / len(data.train_rows)
                if network.loss == "softmax_cross_entropy"
                else None
            ),
            validation_loss=validation.loss if validation else None,
            validation_score=score,
            stall=self.best.stall,
            n_connections=n_connections,
            n_died=tuple(change.n_died for change in changes) or none,
            n_born=tuple(change.n_born for change in changes) or none,
            n_regrown=tuple(evolution.n_regrown for evolution in evolutions) or none,
            n_random=tuple(evolution.n_random for evolution in evolutions) or none,
            seconds_train=trained - started,
            seconds_validate=validated - trained,
            seconds_evolve=evolved - begun,
        )
        self.history.append(record)
        return record

    def _train(self, learning_rate: float, callbacks: Sequence[Callback]) -> EpochTotals:
        settings, data = self.settings, self.data
        optimizer = settings.optimizer._replace(learning_rate=learning_rate)
        if isinstance(optimizer, Adam):
            optimizer = optimizer._replace(n_steps_done=self.n_steps_done)

        def tick(n_samples_done: int) -> None:
            for callback in callbacks:
                callback.on_tick(self, n_samples_done)

        totals = self.network.train_epoch(
            data.rows.samples,
            data.rows.targets,
            self._batch_rng.permutation(data.train_rows),
            sample_weight=data.rows.sample_weight,
            input_dropout=self._input_dropout(),
            batch_size=settings.batch_size,
            optimizer=optimizer,
            n_threads=settings.n_threads,
            tick=tick if callbacks else None,
        )
        self.n_steps_done += math.ceil(len(data.train_rows) / settings.batch_size)
        self.n_samples_done += len(data.train_rows)
        return totals

    def _input_dropout(self) -> InputDropout | None:
        share = self.settings.input_dropout
        return InputDropout(share, int(self._dropout_rng.integers(2**32))) if share else None

    def _evaluate(self, rows: LabelledRows | None) -> Evaluation | None:
        if rows is None:
            return None
        return rows.evaluate(self.network, self.task, self.settings.n_threads)

    def _evolve(self) -> list[Evolution]:
        """Update the topology if that is due after a pass that has just ended; once, if at all."""
        if self._evolver is None or self.has_plateaued:
            return []
        begun = self.n_samples_done - len(self.data.train_rows)
        for number in range(begun // self.pass_size, self.n_samples_done // self.pass_size):
            stage = Stage(number + 1, self.settings.n_epochs, self.best.longest_stall)
            evolutions = self._evolver.update(self.network.layers, stage, self.observe)
            if evolutions:
                return evolutions
        return []

    def training_state(self) -> dict[str, Any]:
        """Copy what a fit of other rows can go on from; see `take_over`."""
        return stored_training(self)

    def record_state(self) -> dict[str, Any]:
        """Copy what is known of the way so far; see `remember`."""
        return stored_record(self)

    def state(self) -> dict[str, Any]:
        """Copy everything that decides how the fit goes on.

        Returns
        -------
        dict
            Nested dicts, lists, numbers, strings and arrays. Given to `restore`, in this or another
            process, it makes training go on bit for bit as it would have.
        """
        return stored_fit(self)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back, or on, to a state that `state` gave.

        Parameters
        ----------
        state : mapping
            Of a fit of the same data, settings and seed.

        Raises
        ------
        InvalidParameterError
            If the seed, the rows or the layers differ; the message names what does.
        InvalidDataError
            If it is no state; everything is checked before anything is taken over.
        """
        restore_fit(self, state)

    def take_over(self, state: Mapping[str, Any]) -> None:
        """Go on with the network of a fit that has ended, whatever its rows.

        With it come the optimizer's memory, unless that was of another solver, and the generators
        that both fits draw from.

        Parameters
        ----------
        state : mapping
            What `training_state` gave, of a network of the same layer sizes.
        """
        take_over(self, state)

    def remember(self, state: Mapping[str, Any]) -> None:
        """Go on counting and writing down where `record_state` left off."""
        remember(self, state)


def _check_finite(rows: str, loss: float, epoch: int, learning_rate: float) -> None:
    if not math.isfinite(loss):
        raise TrainingDivergedError(
            f"The {rows} loss became {loss} in epoch {epoch} at learning rate "
            f"{learning_rate:.3g}. Lower learning_rate_init, or scale the features."
        )
