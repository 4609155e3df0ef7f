"""Fits that can be stopped and gone on with: their state in a folder, every so many epochs."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from ctre.errors import InvalidDataError, InvalidParameterError, OtherFitError
from ctre.training.callbacks import Callback
from ctre.training.fit_state import FitState
from ctre.training.origin import circumstances, data_fingerprints, described
from ctre.tree_file import Branch, TreeFormat
from ctre.whole_file import remove_unfinished, whole_file

_FORMAT = TreeFormat("ctre-checkpoint", "checkpoint", version="1")
_NAME = re.compile(r"checkpoint-(\d+)\.safetensors")
_PATTERN = "checkpoint-*.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A folder in which a fit keeps its state, and from which it goes on.

    Given to ``fit``, it writes a file at the beginning, after every so many epochs and after the
    last. If the folder holds one already, of the same fit, training goes on from there, bit for bit
    as if it had never been interrupted; if of another fit, it is refused.

    Parameters
    ----------
    path : path
        The folder, of one fit; it is made where it is missing.
    every : int, default=1
        Epochs from one file to the next. Training that is killed loses what came after the last.

    Raises
    ------
    InvalidParameterError
        If ``every`` is no such number.

    Notes
    -----
    The two newest files are kept. A file is complete and on the disk before it has its name, and
    opening it can run no code. It holds all that training needs but the data, of which it has
    checksums: 20 bytes for every connection under SGD, 24 under Adam, and some for every neuron.

    A fit with ``random_state=None`` goes on with the seed that it had drawn. A callback is told of
    a fit that goes on by ``on_fit_begin``, whose state then has a history, and gets back what its
    ``state_dict`` gave.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from ctre import Checkpoint, SparseMLPClassifier
    >>> model = SparseMLPClassifier((9,), epsilon=2, max_iter=3, random_state=0)
    >>> with TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(folder, every=2)
    ...     print(model.fit([[0.0], [1.0]], [0, 1], checkpoint=checkpoint).n_iter_)
    ...     print(checkpoint.latest())
    3
    SavedFit(3 of 3 epochs)
    """

    path: str | os.PathLike[str]
    every: int = 1

    def __post_init__(self) -> None:
        every: Any = self.every
        if isinstance(every, bool) or not isinstance(every, Integral) or every < 1:
            raise InvalidParameterError(
                f"every must be an integer of at least 1, got {self.every!r}."
            )

    @property
    def folder(self) -> Path:
        """The folder."""
        return Path(self.path)

    def latest(self) -> SavedFit | None:
        """Read the newest file that is whole.

        Returns
        -------
        SavedFit or None
            None if there is no file.

        Warns
        -----
        UserWarning
            If a newer one is damaged.

        Raises
        ------
        InvalidDataError
            If none of the files can be used.
        OSError
            If one cannot be opened.
        """
        problems: list[InvalidDataError] = []
        for file in self.files():
            try:
                saved = SavedFit.read(file)
            except InvalidDataError as error:
                problems.append(error)
                continue
            for problem in problems:
                warnings.warn(f"{problem} {str(file)!r} is used instead.", stacklevel=2)
            return saved
        if problems:
            raise InvalidDataError(f"{problems[0]} To begin anew, remove it.") from problems[0]
        return None

    def files(self) -> list[Path]:
        """List the files that are there, the newest first."""
        found = [path for path in self.folder.glob(_PATTERN) if _NAME.fullmatch(path.name)]
        return sorted(found, key=_n_epochs_of, reverse=True)

    def remove(self) -> None:
        """Remove the files, and the folder if nothing else is in it."""
        remove_unfinished(self.folder, _PATTERN)
        for file in self.files():
            file.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def begin(
        self,
        fit: FitState,
        settings: Mapping[str, Any],
        about_data: Mapping[str, object],
        saved: SavedFit | None,
        callbacks: Sequence[Callback] = (),
    ) -> Callback:
        """Bring a fit to where it was, and give what writes its state down.

        Parameters
        ----------
        fit : FitState
            Nothing of it has been trained.
        settings : mapping
            What decides the fit but for the data, by the names that users know.
        about_data : mapping
            What else belongs to the data, such as what the rows went through before.
        saved : SavedFit or None
            What `latest` gave.
        callbacks : sequence of Callback
            Those that watch the fit.

        Returns
        -------
        Callback
            To be the last of them.

        Raises
        ------
        OtherFitError
            If it is another fit that was saved; the message names what differs.
        InvalidDataError
            If what was saved is no state of a fit.
        OSError
            If the folder cannot be written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(self.folder, _PATTERN)
        origin = {
            "settings": described(settings) | {"random_state": fit.seed.entropy},
            "data": data_fingerprints(fit.data, fit.task, about_data),
            "circumstances": circumstances(),
        }
        if saved is not None:
            saved.restore(fit, origin)
        return Writer(self, origin, saved, callbacks)


@dataclass(frozen=True, eq=False, repr=False)
class SavedFit:
    """A fit as a file has it.

    Parameters
    ----------
    file : Path
        Where it is.
    content : Branch
        What is in it.
    """

    file: Path
    content: Branch

    @classmethod
    def read(cls, file: Path) -> SavedFit:
        """Read one file.

        Raises
        ------
        OSError
            If it cannot be opened.
        InvalidDataError
            If it is damaged, no checkpoint, or of a later version.
        """
        return cls(file, _FORMAT.read(file).tree)

    @property
    def n_epochs(self) -> int:
        """Epochs that were planned."""
        return self.content.integer("n_epochs", 1)

    @property
    def n_epochs_done(self) -> int:
        """Epochs that are done."""
        return len(self._state.branch("history").sequence("epoch"))

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to train."""
        return self._state.value("is_stopped") is True or self.n_epochs_done >= self.n_epochs

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the fit, in the words of JSON."""
        return self.content.branch("settings").values

    @property
    def seed(self) -> np.random.SeedSequence:
        """What decides everything random."""
        with _FORMAT.reading(self.file):
            entropy: Any = self._state.value("entropy")
            return np.random.SeedSequence(entropy, spawn_key=self._state.sequence("spawn_key"))

    @property
    def _state(self) -> Branch:
        return self.content.branch("state")

    def restore(self, fit: FitState, origin: Mapping[str, Mapping[str, Any]]) -> None:
        """Bring a fit into the saved state, once it is known to be the same fit.

        Raises
        ------
        OtherFitError
            If it is not.
        InvalidDataError
            If what was saved is no state of a fit.
        """
        with _FORMAT.reading(self.file):
            for kind in ("settings", "data"):
                for name, found, own in self._differences(kind, origin):
                    raise OtherFitError(kind, name, found, own, self.file.parent)
            others = [
                f"{name} {found} (here {own})"
                for name, found, own in self._differences("circumstances", origin)
            ]
            fit.restore(self._state.values)
        if others:
            warnings.warn(
                f"The training in {str(self.file.parent)!r} was made with {', '.join(others)}: it "
                "goes on, but perhaps not bit for bit as it would have there.",
                stacklevel=2,
            )

    def restore_callbacks(self, callbacks: Mapping[str, Callback]) -> None:
        """Give callbacks what theirs was; one that was not there then gets nothing.

        Raises
        ------
        InvalidDataError
            If it is not what they gave.
        """
        if "callbacks" not in self.content:  # older ones have none
            return
        with _FORMAT.reading(self.file):
            kept = self.content.branch("callbacks")
            for name, callback in callbacks.items():
                if name in kept:
                    callback.load_state_dict(kept.branch(name).values)

    def _differences(
        self, kind: str, origin: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[str, Any, Any]]:
        found, own = self.content.branch(kind).values, origin[kind]
        return [
            (name, found.get(name), own.get(name))
            for name in {**found, **own}
            if name not in found or name not in own or found[name] != own[name]
        ]

    def __repr__(self) -> str:
        return f"SavedFit({self.n_epochs_done} of {self.n_epochs} epochs)"


class Writer(Callback):
    """Writes the state of a fit down, and removes what is older than the file before.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where to.
    origin : mapping
        What the fit comes from.
    saved : SavedFit or None
        Where it goes on from.
    callbacks : sequence of Callback
        Whose state belongs to it.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        origin: Mapping[str, Any],
        saved: SavedFit | None,
        callbacks: Sequence[Callback],
    ) -> None:
        self.checkpoint, self.origin, self.saved = checkpoint, origin, saved
        self.callbacks = dict(_named(callbacks))
        self.newest = None if saved is None else saved.file

    def on_fit_begin(self, state: FitState) -> None:
        """Give callbacks their own back, or see that the disk takes the file before it is late."""
        if self.saved is None:
            self.write(state)
        else:
            self.saved.restore_callbacks(self.callbacks)

    def on_epoch_end(self, state: FitState) -> None:
        """Write, if it is time, or if this was the last one."""
        if state.is_done or state.n_epochs_done % self.checkpoint.every == 0:
            self.write(state)

    def write(self, state: FitState) -> None:
        """Write."""
        own = {name: callback.state_dict() for name, callback in self.callbacks.items()}
        tree = {
            **self.origin,
            "n_epochs": state.settings.n_epochs,
            "state": state.state(),
            "callbacks": {name: kept for name, kept in own.items() if kept},
        }
        file = self.checkpoint.folder / f"checkpoint-{state.n_epochs_done:06}.safetensors"
        with whole_file(file) as opened:
            opened.write(_FORMAT.encode(tree))
        for old in self.checkpoint.files():
            if old not in (file, self.newest):
                old.unlink(missing_ok=True)
        self.newest = file


def _named(callbacks: Sequence[Callback]) -> Iterator[tuple[str, Callback]]:
    """Tell callbacks apart by their class, and those of one class by their order."""
    counts: Counter[str] = Counter()
    for callback in callbacks:
        kind = type(callback).__qualname__
        counts[kind] += 1
        yield f"{kind} {counts[kind]}", callback


def _n_epochs_of(file: Path) -> int:
    match = _NAME.fullmatch(file.name)
    return int(match[1]) if match else -1
