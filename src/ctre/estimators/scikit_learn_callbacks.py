"""Scikit-learn's own callbacks, set by ``set_callbacks``, where the installed version has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ctre.training import Callback, FitState, StopTraining

__all__ = ["HAS_CALLBACKS", "CallbackSupportMixin", "TaskTree", "with_callbacks"]

if TYPE_CHECKING:
    from ctre.estimators.base import SparseMLP

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    HAS_CALLBACKS = True
except ImportError:
    HAS_CALLBACKS = False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for the class that this scikit-learn does not have."""

    def with_callbacks(method: Any) -> Any:
        """Give a method back as it is."""
        return method


class TaskTree(Callback):
    """Tells scikit-learn's callbacks of a fit and of each of its epochs.

    Parameters
    ----------
    estimator : SparseMLP
        Whose callbacks they are.
    data : mapping
        What the hooks are given of the call: ``X``, ``y`` and ``metadata``.
    fitted : callable
        State of a fit -> attributes that the estimator would have if it ended now.
    """

    def __init__(
        self,
        estimator: SparseMLP,
        data: Mapping[str, Any],
        fitted: Callable[[FitState], dict[str, Any]],
    ) -> None:
        self.estimator, self.fitted = estimator, fitted
        self.about = {"estimator": estimator, **data}

    def on_fit_begin(self, state: FitState) -> None:
        """Open the task of the fit."""
        self.fit = self.estimator._init_callback_context(max_subtasks=state.plan.n_epochs)
        self.fit.call_on_fit_task_begin(**self.about)

    def on_epoch_begin(self, state: FitState) -> None:
        """Open the task of an epoch."""
        self.epoch = self.fit.subcontext(task_name=f"epoch {state.n_epochs_done + 1}")
        self.epoch.call_on_fit_task_begin(**self.about)

    def on_epoch_end(self, state: FitState) -> None:
        """Close it, and end the fit where a callback wants that."""
        if self._close(self.epoch, state):
            raise StopTraining

    def on_fit_end(self, state: FitState) -> None:
        """Close the task of the fit."""
        self._close(self.fit, state)

    def _close(self, task: Any, state: FitState) -> bool:
        wants_to_stop = task.call_on_fit_task_end(
            **self.about, reconstruction_attributes=lambda: self.fitted(state)
        )
        return bool(wants_to_stop)
