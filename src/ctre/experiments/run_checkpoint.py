"""The state of runs that take long, beside their store, for whoever takes them over."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from ctre.errors import InvalidDataError
from ctre.experiments.store import Store
from ctre.experiments.store_file import MEMORY
from ctre.experiments.stored_run import DONE
from ctre.training import Callback, Checkpoint, FitState
from ctre.training.checkpoint import SavedFit, Writer
from ctre.training.origin import circumstances

PAUSE = 60.0
"""Seconds of training from one file to the next; a run that ends sooner writes none."""

_SHARE = 100  # a file that takes long to write is followed by so many times that without one
_SUFFIX = ".checkpoints"


class RunCheckpoint(Checkpoint):
    """The folder of one run, called by its key.

    It never stands in the way of the run: where it cannot be used, the run begins anew; where it
    cannot be written, the run goes on without. Both are said by a warning. A worker of a cluster
    that does not see the store, because it is on another machine, writes none.
    """

    @classmethod
    def of(cls, store: Store, key: str) -> Self | None:
        """Give that of a run, or None if the store is in memory."""
        return None if store.path == MEMORY else cls(_folder_of(store) / key)

    def latest(self) -> SavedFit | None:
        """Read the newest file from which the run goes on bit for bit, if there is one."""
        try:
            saved = super().latest()
            if saved is None:
                return None
            origin = self._origin()
            if all(saved.content.branch(kind).values == origin[kind] for kind in origin):
                return saved
            reason = f"{str(saved.file)!r} was written by another version, or with other kernels."
        except (InvalidDataError, OSError) as error:
            reason = str(error.__cause__ or error)
        self._say_anew(reason)
        return None

    def begin(
        self,
        fit: FitState,
        settings: Mapping[str, Any],  # noqa: ARG002
        about_data: Mapping[str, object],  # noqa: ARG002
        saved: SavedFit | None,
        callbacks: Sequence[Callback] = (),
    ) -> Callback:
        """As a checkpoint does, but settings and data are known by the key of the run."""
        origin = self._origin()
        try:
            if saved is not None:
                saved.restore(fit, origin)
        except InvalidDataError as error:  # then the fit is as it was
            self._say_anew(str(error))
            saved = None
        return _PatientWriter(self, origin, saved, callbacks)

    def _say_anew(self, reason: str) -> None:
        warnings.warn(f"Run {self.folder.name} begins anew: {reason}", stacklevel=3)

    def _origin(self) -> dict[str, dict[str, str]]:
        return {
            "settings": {"run": self.folder.name},
            "data": {},
            "circumstances": circumstances(),
        }

    @property
    def store(self) -> Path:
        """The file of the store that the run belongs to."""
        return self.folder.parent.with_suffix("")

    def remove(self) -> None:
        """Remove the files, and the folders if nothing else is in them."""
        with suppress(OSError):  # a leftover does no harm, and is swept up later
            super().remove()
            self.folder.parent.rmdir()


class _PatientWriter(Writer):
    """Writes now and then, and goes on if it cannot."""

    def on_fit_begin(self, state: FitState) -> None:  # noqa: ARG002
        self._due = time.monotonic() + PAUSE
        if self.saved is not None:
            self.saved.restore_callbacks(self.callbacks)

    def on_epoch_end(self, state: FitState) -> None:
        begun = time.monotonic()
        if state.is_done or begun < self._due:
            return
        assert isinstance(self.checkpoint, RunCheckpoint)
        if self.checkpoint.store.exists():
            try:
                self.checkpoint.folder.mkdir(parents=True, exist_ok=True)
                self.write(state)
            except OSError as error:
                warnings.warn(
                    f"{error}. The run goes on; should it be interrupted, it loses more.",
                    stacklevel=2,
                )
        ended = time.monotonic()
        self._due = ended + max(PAUSE, _SHARE * (ended - begun))


def sweep(store: Store) -> None:
    """Remove what is left of runs that are done."""
    found = [folder.name for folder in _folder_of(store).glob("*")]
    for key, status in store.status_of(found).items():
        checkpoint = RunCheckpoint.of(store, key)
        if status == DONE and checkpoint is not None:
            checkpoint.remove()


def _folder_of(store: Store) -> Path:
    return Path(f"{store.path}{_SUFFIX}").absolute()
