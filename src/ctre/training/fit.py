"""The whole fit: epochs until the plan or a callback ends it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ctre.training.callbacks import Callback, StopTraining
from ctre.training.fit_state import FitState


def train(state: FitState, callbacks: Sequence[Callback] = (), n_epochs: float = math.inf) -> None:
    """Do the epochs that are left.

    Parameters
    ----------
    state : FitState
        Goes on from where it is. Afterwards ``state.kept`` is the network of the best epoch.
    callbacks : sequence of Callback
        Told of every epoch; all of them, also where one stops the fit.
    n_epochs : int or inf, default=inf
        At most so many of them.

    Raises
    ------
    TrainingDivergedError
        If the training or validation loss stops being finite.
    """
    for callback in callbacks:
        callback.on_fit_begin(state)
    last = state.n_epochs_done + n_epochs
    while state.n_epochs_done < last and not state.is_done:
        for callback in callbacks:
            callback.on_epoch_begin(state)
        state.step(callbacks)
        for callback in callbacks:
            try:
                callback.on_epoch_end(state)
            except StopTraining:
                state.is_stopped = True
    for callback in callbacks:
        callback.on_fit_end(state)
