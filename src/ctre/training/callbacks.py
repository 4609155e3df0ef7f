"""How others watch and end a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctre.errors import InvalidParameterError
from ctre.topology import TopologyChange

if TYPE_CHECKING:
    from ctre.training.fit_state import FitState


class StopTraining(Exception):  # noqa: N818 - a request, not an error
    """Raised by a callback to end the fit in good order after the current epoch."""


@dataclass(frozen=True)
class FitPlan:
    """What a fit is about to do."""

    method: str
    n_epochs: float
    """Infinite for a stream."""
    n_samples: int
    """Rows trained on in each epoch."""
    n_validation: int
    layer_sizes: tuple[int, ...]
    n_connections: tuple[int, ...]
    n_threads: int


class Callback:
    """Base of everything that watches a fit; each method does nothing until overridden.

    All are told of the `FitState`: the network, its history, and what was planned. They may look
    at everything and change nothing.
    """

    def on_fit_begin(self, state: FitState) -> None:
        """Start: nothing has been trained."""

    def on_epoch_begin(self, state: FitState) -> None:
        """Before an epoch."""

    def on_tick(self, state: FitState, n_samples_done: int) -> None:
        """Inside an epoch, at most about ten times a second; what it raises ends the fit."""

    def on_trained(self, state: FitState) -> None:
        """After training and validation, before the topology update: what may be kept."""

    def on_topology_update(self, state: FitState, changes: Sequence[TopologyChange]) -> None:
        """After a topology update, if the epoch ends in one: what changed in each layer."""

    def on_epoch_end(self, state: FitState) -> None:
        """After training, validation and topology update; may raise `StopTraining`.

        What the epoch brought is ``state.history[-1]``.
        """

    def on_fit_end(self, state: FitState) -> None:
        """End in good order."""

    def state_dict(self) -> Mapping[str, Any]:
        """Give what it must know again if the fit is interrupted; a checkpoint keeps it.

        Nested mappings, lists, text, numbers, True, False, None, and arrays of numbers.
        """
        return {}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Take that back, in a fit that goes on: after ``on_fit_begin``, if there was something."""


class ScoreCurve(Callback):
    """Writes down loss and score of some rows after every epoch; they decide nothing.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows as the estimator takes them, such as test rows whose curve an experiment draws.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.

    Attributes
    ----------
    losses, scores : list of float
        One for each epoch of the latest fit: the mean loss, and accuracy or R², of the network as
        it was trained, before the topology update. ``scores[model.best_epoch_ - 1]`` is of the
        network that is kept.

    Notes
    -----
    An epoch costs O(n_samples * n_connections) more.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from ctre import ScoreCurve, SparseMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> curve = ScoreCurve(X[::3], y[::3])
    >>> model = SparseMLPClassifier((20,), epsilon=3, max_iter=5, callbacks=[curve])
    >>> len(model.fit(X[1::3], y[1::3]).loss_curve_) == len(curve.losses)
    True
    """

    def __init__(self, X: Any, y: Any) -> None:
        self.X, self.y = X, y
        self.losses: list[float] = []
        self.scores: list[float] = []

    def on_fit_begin(self, state: FitState) -> None:
        """Prepare the rows as the fit prepared its own."""
        if state.data.prepare is None:
            raise InvalidParameterError(
                "ScoreCurve must be a callback of an estimator, got a fit of prepared rows."
            )
        self._rows = state.data.prepare(self.X, self.y)
        self.losses, self.scores = [], []

    def on_trained(self, state: FitState) -> None:
        """Evaluate the network on them."""
        loss, score = self._rows.evaluate(state.network, state.task, state.settings.n_threads)
        self.losses.append(loss)
        self.scores.append(score)

    def state_dict(self) -> Mapping[str, Any]:
        """Give the curves so far."""
        return {"losses": list(self.losses), "scores": list(self.scores)}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Go on from them."""
        self.losses, self.scores = list(kept["losses"]), list(kept["scores"])

    def on_fit_end(self, state: FitState) -> None:  # noqa: ARG002
        """Let the prepared rows go."""
        del self._rows


class PrintEpochs(Callback):
    """Print a line to standard output after every so many epochs.

    Parameters
    ----------
    every : int
        Epochs between two lines, at least 1.
    """

    def __init__(self, every: int) -> None:
        self.every = every

    def on_epoch_end(self, state: FitState) -> None:
        """Print the line, if it is time."""
        record = state.history[-1]
        if record.epoch % self.every:
            return
        line = f"Epoch {record.epoch}, loss = {record.train_loss:.6f}"
        if record.validation_score is not None:
            line += f", validation score = {record.validation_score:.4f}"
        print(line)

    def on_fit_end(self, state: FitState) -> None:
        """Say so where training has ended early."""
        stopping = state.settings.stopping
        if stopping is not None and state.has_plateaued:
            what = "validation score" if stopping.by_validation else "training loss"
            print(
                f"Stopped: the {what} did not improve by {stopping.tol:g} in "
                f"{state.plateau.n_without} epochs."
            )
