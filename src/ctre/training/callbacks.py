"""How others watch and end a fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctre.topology import TopologyChange

if TYPE_CHECKING:
    from ctre.training.fit_state import FitState


class StopTraining(Exception):  # noqa: N818 - a request, not an error
    """Raised by a callback to end the fit in good order after the current epoch."""


@dataclass(frozen=True)
class FitPlan:
    """What a fit is about to do."""

    method: str
    n_epochs: int
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

    def on_tick(self, state: FitState, n_samples_done: int) -> None:
        """Inside an epoch, at most about ten times a second; what it raises ends the fit."""

    def on_topology_update(self, state: FitState, changes: Sequence[TopologyChange]) -> None:
        """After a topology update, if the epoch ends in one: what changed in each layer."""

    def on_epoch_end(self, state: FitState) -> None:
        """After training, validation and topology update; may raise `StopTraining`.

        What the epoch brought is ``state.history[-1]``.
        """

    def on_fit_end(self, state: FitState) -> None:
        """End in good order."""


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
