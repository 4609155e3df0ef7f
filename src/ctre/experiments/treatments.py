"""What an experiment may do beside the estimator's parameters: callbacks that experiments name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctre.errors import InvalidParameterError
from ctre.randomness import stream
from ctre.training import Callback, FitState, TrainingEvidence

_SHIFT = 4  # pixels in either direction


class Treatment(NamedTuple):
    """One thing that an experiment may ask for by name."""

    unsaid: Any
    """The value that leaves the training as it is."""
    holds: Callable[[Any], bool]
    words: str
    """What a value must be, as the end of "it must be …"."""
    callback: Callable[[Any, tuple[int, ...] | None], Callback]
    """(value, shape of an image or None) -> what is told of the fit."""

    def check(self, value: Any) -> None:
        """See that a value is possible.

        Raises
        ------
        InvalidParameterError
            If it is not.
        """
        if not self.holds(value):
            raise InvalidParameterError(f"a treatment must be {self.words}, got {value!r}.")


class FlipAndShift(Callback):
    """Shows every image in another way each epoch: mirrored or not, moved by up to four pixels.

    Before an epoch each training image is mirrored with probability one half and moved by -4 … 4
    pixels up or down, and left or right, each move as likely; what comes in is black. This is the
    usual augmentation of CIFAR (He et al., 2016, section 4.2). Validation and test rows stay.

    Parameters
    ----------
    image_shape : (height, width) or (height, width, channels)
        How the columns of a row make an image.
    """

    def __init__(self, image_shape: tuple[int, ...]) -> None:
        self._shape = image_shape

    def on_fit_begin(self, state: FitState) -> None:
        """Keep the images as they are, and show them in the way of the first epoch to come."""
        self._rows = state.data.train_rows
        samples = state.data.rows.samples
        assert isinstance(samples, np.ndarray), "images are dense"
        self._images = samples[self._rows].reshape(-1, *self._shape)
        self._rng = stream(state.seed, "augmentation")
        for _ in range(state.n_epochs_done):  # of a fit that goes on
            self._draw()
        self._show(state)

    def on_epoch_end(self, state: FitState) -> None:
        """Show them in another way."""
        self._show(state)

    def _draw(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Decide which images are mirrored, and how far each is moved down and to the right."""
        n = len(self._images)
        flips = self._rng.random(n) < 0.5
        return flips, self._rng.integers(-_SHIFT, _SHIFT + 1, size=(n, 2))

    def _show(self, state: FitState) -> None:
        height, width = self._shape[:2]
        flips, moves = self._draw()
        shown = np.zeros_like(self._images)
        for down, right in np.unique(moves, axis=0):
            those = np.flatnonzero((moves == (down, right)).all(axis=1))
            images = self._images[those]
            images[flips[those]] = images[flips[those], :, ::-1]
            to_rows, from_rows = _moved(down, height)
            to_columns, from_columns = _moved(right, width)
            moved = np.zeros_like(images)
            moved[:, to_rows, to_columns] = images[:, from_rows, from_columns]
            shown[those] = moved
        state.data.rows.samples[self._rows] = shown.reshape(len(shown), -1)


def _moved(by: int, size: int) -> tuple[slice, slice]:
    """Tell where a picture moved ``by`` pixels lands, and which part of it does."""
    return slice(max(by, 0), size + min(by, 0)), slice(max(-by, 0), size - max(by, 0))


def _flip_and_shift(_: Any, image_shape: tuple[int, ...] | None) -> Callback:
    if image_shape is None:
        raise InvalidParameterError(
            "augmentation must be 'none' for this data set: its rows are no images."
        )
    return FlipAndShift(image_shape)


class _KeptRows(TrainingEvidence):
    """Evidence on rows that serve for some updates, in place of fresh ones for each."""

    n_updates: int
    n_asked = 0
    kept: NDArray[np.int32]

    def sample(self, size: float | None) -> NDArray[np.int32]:
        if self.n_asked % self.n_updates == 0:
            self.kept = super().sample(size)
        self.n_asked += 1
        return self.kept


class KeepRows(Callback):
    """Has similarity measured on the same rows for some updates.

    Parameters
    ----------
    n_updates : int
        How many, at least 1.
    """

    def __init__(self, n_updates: int) -> None:
        self._n_updates = n_updates

    def on_fit_begin(self, state: FitState) -> None:
        """Take the place of what observes the network."""
        usual = state.observe
        assert isinstance(usual, TrainingEvidence)
        kept = _KeptRows(usual.network, usual.data, usual.batch_size, usual.rng, usual.n_threads)
        kept.n_updates = self._n_updates
        state.observe = self._evidence = kept

    def state_dict(self) -> Mapping[str, Any]:
        """Give the rows, and how often they have served."""
        evidence = self._evidence
        return {"n_asked": evidence.n_asked, "rows": evidence.kept} if evidence.n_asked else {}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Go on with them."""
        self._evidence.n_asked, self._evidence.kept = kept["n_asked"], kept["rows"]


TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {
        "augmentation": Treatment(
            "none",
            lambda value: value in ("none", "flip-shift"),
            "augmentation 'none' or 'flip-shift'",
            _flip_and_shift,
        ),
        "updates_per_subset": Treatment(
            1,
            lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1,
            "updates_per_subset, an integer of at least 1",
            lambda value, _: KeepRows(value),
        ),
    }
)
"""All there are, by name."""
