"""How a call of fit or partial_fit goes; the estimator changes when training has succeeded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre._typing import FloatArray, IndexArray
from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.estimators.assembly import as_stream, first_state, next_state, validation_fraction
from ctre.estimators.inputs import (
    as_samples,
    require_columns,
    row_weights,
    say_what_is_lost,
    seed_sequence,
    split_rows,
    times_class_weights,
)
from ctre.estimators.parameters import Parameters
from ctre.estimators.scikit_learn_callbacks import HAS_CALLBACKS, TaskTree
from ctre.methods import get_recipe
from ctre.preprocessing import Scaling, fit_scaling
from ctre.training import (
    Callback,
    Checkpoint,
    FitState,
    History,
    LabelledRows,
    Task,
    TrainingData,
    sample_size,
    target_shape,
    train,
)
from ctre.training.callbacks import PrintEpochs

if TYPE_CHECKING:
    from ctre.estimators.base import SparseMLP

FirstTask: TypeAlias = Callable[[NDArray[Any], IndexArray, FloatArray | None], Task]
"""(targets, rows that are trained on, weights) -> what is learned."""


class Call:
    """One call of fit or partial_fit.

    Parameters
    ----------
    estimator : SparseMLP
        Whose parameters count; it is left as it is until `conclude`.
    goes_on : bool
        Whether training goes on from what the estimator has learned, with its scaling and task.
    checkpoint : Checkpoint, optional
        Where fit keeps its state.

    Raises
    ------
    InvalidParameterError, UnknownNameError
        If a parameter of the estimator cannot be what it is.
    """

    def __init__(
        self, estimator: SparseMLP, goes_on: bool, checkpoint: Checkpoint | None = None
    ) -> None:
        if not isinstance(checkpoint, Checkpoint | None):
            raise InvalidParameterError(
                f"checkpoint must be a ctre.Checkpoint, or None, got {checkpoint!r}."
            )
        self.checkpoint = checkpoint
        self.saved = None if checkpoint is None else checkpoint.latest()
        self.estimator, self.goes_on = estimator, goes_on
        self.parameters = Parameters(**estimator.get_params(deep=False))
        self.recipe = get_recipe(estimator.method)
        self.probe = copy(estimator)  # remembers what scikit-learn wants remembered of X
        self.continuation: Mapping[str, Any] | None = None
        if goes_on:
            self.continuation = vars(estimator).get("_continuation")
        self.seed = self._seed()

    def fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any) -> None:
        """Train for all epochs."""
        if (X_val is None) != (y_val is None):
            raise InvalidDataError(
                "X_val and y_val must be given together, got only "
                f"{'y_val' if X_val is None else 'X_val'}."
            )
        wanted = y
        raw, y = self.estimator._rows(self.probe, X, y, reset=not self.goes_on)
        class_weight = self.parameters.class_weight
        weights = times_class_weights(row_weights(raw, sample_weight), y, class_weight)
        kind = self.estimator._task_kind(y)
        train_rows, validation_rows = split_rows(
            raw.shape[0],
            kind.strata(y),
            weights,
            validation_fraction(self.parameters) if X_val is None else 0.0,
            self.parameters.validation_split if X_val is None else None,
            self.seed,
        )
        task, self.scaling = self._learned(kind.of, raw, y, train_rows, weights)
        prepare = self._preparation(task)
        data = TrainingData(
            LabelledRows(as_samples(raw, self.scaling), task.encode(y), weights),
            train_rows,
            validation_rows,
            given=None if X_val is None else prepare(X_val, y_val),
            prepare=prepare,
        )
        state = self._state(task, data)
        given = {"sample_weight": sample_weight, "X_val": X_val, "y_val": y_val}
        metadata = {name: value for name, value in given.items() if value is not None}
        about = {"X": X, "y": wanted, "metadata": metadata}
        tree = [TaskTree(self.estimator, about, self._fitted)] if HAS_CALLBACKS else []
        self._train(state, tree, n_epochs=math.inf)
        self._conclude(state, state.training_state() if self.parameters.warm_start else {})

    def partial_fit(self, X: Any, y: Any, sample_weight: Any, first_task: FirstTask) -> None:
        """Train for one pass over a piece of a stream."""
        self._require_streamable()
        raw, y = self.estimator._rows(self.probe, X, y, reset=not self.goes_on)
        weights = row_weights(raw, sample_weight)
        train_rows, none = split_rows(raw.shape[0], None, weights, 0.0, None, self.seed)
        task, self.scaling = self._learned(first_task, raw, y, train_rows, weights)
        labels = getattr(task, "labels", None)
        weights = times_class_weights(weights, y, self.parameters.class_weight, labels)
        data = TrainingData(
            LabelledRows(as_samples(raw, self.scaling), task.encode(y), weights),
            train_rows,
            none,
            prepare=self._preparation(task),
        )
        state = as_stream(self._state(task, data))
        if self.continuation is not None:
            state.take_over(self.continuation)
            if "history" in self.continuation:
                state.remember(self.continuation)
        self._train(state, [], n_epochs=1)
        self._conclude(state, {**state.training_state(), **state.record_state()})

    def _seed(self) -> np.random.SeedSequence:
        if self.continuation is None:
            return seed_sequence(self.parameters.random_state, self.saved)
        entropy, key = self.continuation["entropy"], self.continuation["spawn_key"]
        return np.random.SeedSequence(entropy, spawn_key=key)

    def _require_streamable(self) -> None:
        parameters = self.parameters
        if parameters.early_stopping:
            raise InvalidParameterError(
                "early_stopping must be False for partial_fit, which sets no rows aside, got True. "
                "Call fit."
            )
        balanced = parameters.class_weight
        if balanced == "balanced" or (isinstance(balanced, list) and "balanced" in balanced):
            raise InvalidParameterError(
                "class_weight must give numbers for partial_fit, which does not know the shares of "
                f"later classes, got {balanced!r}."
            )

    def _learned(
        self,
        first_task: FirstTask,
        raw: Any,
        y: NDArray[Any],
        train_rows: IndexArray,
        weights: FloatArray | None,
    ) -> tuple[Task, Scaling]:
        """Give task and scaling: those that are there, or what the training rows say."""
        if self.goes_on:
            task, scaling = self.estimator.task_, self.estimator.scaling_
            require_columns(y, target_shape(task))
            return task, scaling
        rows = raw if len(train_rows) == raw.shape[0] else raw[train_rows]
        scaling = fit_scaling(self.parameters.scaling, rows)
        say_what_is_lost(rows, scaling, getattr(self.probe, "feature_names_in_", None))
        return first_task(y, train_rows, weights), scaling

    def _preparation(self, task: Task) -> Callable[[Any, Any], LabelledRows]:
        def prepare(X: Any, y: Any) -> LabelledRows:
            rows, targets = self.estimator._rows(self.probe, X, y, reset=False)
            require_columns(targets, target_shape(task))
            return LabelledRows(as_samples(rows, self.scaling), task.encode(targets))

        return prepare

    def _state(self, task: Task, data: TrainingData) -> FitState:
        about = (self.parameters, self.recipe, task, data, self.seed)
        if not self.goes_on:
            return first_state(*about)
        state = next_state(*about, self.estimator.network_.snapshot().layers)
        if self.continuation is not None:
            state.take_over(self.continuation)
        return state

    def _train(self, state: FitState, own: Sequence[Callback], n_epochs: float) -> None:
        callbacks = [*self.parameters.callbacks, *own]
        if self.parameters.verbose:
            callbacks.append(PrintEpochs(every=int(self.parameters.verbose)))
        if self.checkpoint is not None:
            callbacks.append(self._resumed(state, self.checkpoint, callbacks))
        train(state, callbacks, n_epochs)

    def _resumed(
        self, state: FitState, checkpoint: Checkpoint, callbacks: Sequence[Callback]
    ) -> Callback:
        """Bring a fit to where it was interrupted, and give what writes it down."""
        origin = {
            "scales of the columns": self.scaling,
            "first weights": self.estimator.network_ if self.goes_on else None,
        }
        settings = self.parameters.deciding()
        return checkpoint.begin(state, settings, origin, self.saved, callbacks)

    def _conclude(self, state: FitState, continuation: Mapping[str, Any]) -> None:
        """Let the estimator have what was learned, all at once."""
        fitted = self.estimator.__dict__
        for name in ("feature_names_in_", "_continuation"):
            fitted.pop(name, None)
        fitted.update(self._fitted(state))
        if continuation:
            fitted["_continuation"] = continuation

    def _fitted(self, state: FitState) -> dict[str, Any]:
        """Give the attributes of an estimator whose training ends in a state."""
        wanted = self.parameters.similarity_samples
        return {
            **{name: value for name, value in vars(self.probe).items() if name.endswith("_in_")},
            "task_": state.task,
            "scaling_": self.scaling,
            "network_": state.kept,
            "history_": History(state.history),
            "alpha_": state.settings.optimizer.l2,
            "input_dropout_": state.settings.input_dropout,
            "batch_size_": state.settings.batch_size,
            "n_threads_": state.settings.n_threads,
            "similarity_samples_": sample_size(wanted, len(state.data.train_rows)),
        }
