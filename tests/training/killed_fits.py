"""Fits that are killed, each in a process of its own: run by `test_checkpoint`.

``python killed_fits.py FOLDER``: every case of `CASES` leaves its checkpoint in a folder of FOLDER.
"""

from __future__ import annotations

import os
import resource
import signal
import stat
import sys
import tempfile
import warnings
from pathlib import Path

from fits import N_EPOCHS, X, classifier, y

from ctre import Callback, Checkpoint
from ctre.methods import RECIPES

KILLED_AT = 4
METHODS = [recipe.name for recipe in RECIPES]
CASES = [f"{method} {solver}" for method in METHODS for solver in ("sgd", "adam")]


def model_of(case, **options):
    method, solver = case.split()
    return classifier(method, solver=solver, input_dropout=0.1, n_threads=1, **options)


class Kill(Callback):
    """Kill the process when a topology has been updated, or at the end of the epoch."""

    def on_topology_update(self, state, changes):  # noqa: ARG002
        self.on_epoch_end(state)

    def on_epoch_end(self, state):
        if state.n_epochs_done >= KILLED_AT:
            os.kill(os.getpid(), signal.SIGKILL)


def fit_and_be_killed(case, folder):
    model_of(case, callbacks=[Kill()]).fit(X, y, checkpoint=Checkpoint(folder))


def fit_and_be_killed_while_writing(folder):
    """Kill the process when the bytes are on the disk and do not have their name yet."""
    sync = os.fsync

    def sync_and_die(descriptor):
        sync(descriptor)
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if is_file and Path(folder, "checkpoint-000003.safetensors").exists():
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = sync_and_die
    model_of("ctre-seq sgd").fit(X, y, checkpoint=Checkpoint(folder))


def fit_on_a_full_disk(folder):
    """From the third epoch on no file can hold a checkpoint; say what is told of that."""

    class FillUp(Callback):
        def on_epoch_end(self, state):
            if state.n_epochs_done == 3:
                resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        model_of("ctre-seq sgd", callbacks=[FillUp()]).fit(X, y, checkpoint=Checkpoint(folder))
    except OSError as error:
        Path(folder, "told").write_text(f"{error.filename}: {error.strerror}")
        os._exit(3)


def in_a_process(function, *args):
    child = os.fork()
    if child == 0:
        try:
            function(*args)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main(folder):
    warnings.simplefilter("ignore")  # of the slow kernels, and of forks
    for case in CASES:
        assert in_a_process(fit_and_be_killed, case, Path(folder, case)) == -signal.SIGKILL
    writing = in_a_process(fit_and_be_killed_while_writing, Path(folder, "writing"))
    assert writing == -signal.SIGKILL
    assert in_a_process(fit_on_a_full_disk, Path(folder, "full")) == 3


if __name__ == "__main__":
    assert N_EPOCHS > KILLED_AT + 1
    tempfile.tempdir = sys.argv[1]
    main(sys.argv[1])
