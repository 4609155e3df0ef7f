"""A run that is taken over goes on where it was, and ends as if nobody had interrupted it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ctre.experiments import DataSource, Store, carry_out, facts_of, run, run_checkpoint
from ctre.experiments.run_checkpoint import RunCheckpoint, sweep
from ctre.experiments.salvage import verify
from ctre.experiments.stored_run import DONE, FAILED, PENDING
from ctre.training import Callback

N_EPOCHS, KILLED_IN = 8, 6


@pytest.fixture
def eager(monkeypatch):
    """Write the state down after every epoch."""
    monkeypatch.setattr(run_checkpoint, "PAUSE", 0.0)
    monkeypatch.setattr(run_checkpoint, "_SHARE", 0)


class Interrupt(Callback):
    def __init__(self, error=KeyboardInterrupt):
        self.error = error

    def on_trained(self, state):
        if state.n_epochs_done + 1 == KILLED_IN:
            raise self.error


class Epochs(Callback):
    """Count those that are trained."""

    n = 0

    def on_trained(self, state):  # noqa: ARG002
        self.n += 1


@pytest.fixture(scope="module")
def image_facts(toy_rows, tmp_path_factory):
    """Images of five times four pixels, half of whose columns are noise."""
    X_train, y_train, X_test, y_test = toy_rows
    path = tmp_path_factory.mktemp("images") / "images.npz"
    X_train, X_test = np.hstack([X_train, X_train]), np.hstack([X_test, X_test])
    np.savez(path, X_train=X_train, y_train=y_train, X_test=X_test, y_test=y_test)
    return facts_of(DataSource("images", str(path)))


def as_images(monkeypatch):
    load = DataSource.load
    monkeypatch.setattr(
        DataSource, "load", lambda self, home=None: load(self, home)._replace(image_shape=(5, 4))
    )
    monkeypatch.setattr("ctre.experiments.data._kept", {})


def interrupted(store, experiment, error=KeyboardInterrupt, **options):
    """Leave the state of a run behind."""
    with pytest.raises(KeyboardInterrupt):
        carry_out([experiment], store, callbacks=[Interrupt(error)], **options)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "how",
    [
        {"method": "static"},
        {"method": "set", "prune_steps": 3},
        {"method": "ctre-seq", "solver": "adam"},
        {"method": "ctre-cosine", "similarity_samples": 20, "updates_per_subset": 4},
        {"method": "rigl", "early_stopping": True, "n_iter_no_change": 3},
        {"method": "set", "augmentation": "flip-shift"},
    ],
)
def test_a_run_goes_on_bit_for_bit(store, experiment_of, image_facts, monkeypatch, how):
    """Planted: places explored, test curve, rows kept, or images shown begin anew."""
    as_images(monkeypatch)
    experiment = experiment_of(facts=image_facts, max_iter=N_EPOCHS, learning_rate_init=0.01, **how)
    whole = run(experiment)
    interrupted(store, experiment)
    assert store.status_of([experiment.key]) == {experiment.key: PENDING}
    epochs = Epochs()
    carry_out([experiment], store, callbacks=[epochs])
    assert epochs.n == whole.outcome.n_epochs - KILLED_IN + 1
    result = store.with_points(experiment.key)
    assert (result.digest, result.points_digest) == (whole.digest, whole.points_digest)
    assert result.seconds.total >= result.seconds.train > 0
    assert not list(Path(store.path).parent.glob("*.checkpoints"))


SCRIPT = """
import os, signal, sys
from ctre.experiments import Experiment, Store, carry_out, run_checkpoint
from ctre.training import Callback

class Kill(Callback):
    def on_trained(self, state):
        if state.n_epochs_done + 1 == 6:
            os.kill(os.getpid(), signal.SIGKILL)

run_checkpoint.PAUSE = 0.0
run_checkpoint._SHARE = 0
with Store(sys.argv[1]) as store:
    carry_out([Experiment.from_json(sys.argv[2])], store, callbacks=[Kill()])
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_and_taken_over_it_ends_as_if_nothing_had_been(tmp_path, experiment_of):
    experiment = experiment_of("ctre-sim", max_iter=N_EPOCHS)
    path = tmp_path / "runs.db"
    words = [sys.executable, "-c", SCRIPT, str(path), experiment.to_json()]
    killed = subprocess.run(words, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    epochs = Epochs()
    with Store(path) as store:
        carry_out([experiment], store, callbacks=[epochs])
        assert epochs.n == N_EPOCHS - KILLED_IN + 1
        whole = run(experiment)
        result = store.with_points(experiment.key)
        assert (result.digest, result.points_digest) == (whole.digest, whole.points_digest)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["runs.db"]
    assert verify(path).problems == ()


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("damage", ["bytes", "version", "another run"])
def test_what_cannot_be_used_is_said_and_the_run_begins_anew(
    store, experiment_of, damage, monkeypatch
):
    experiment = experiment_of(max_iter=N_EPOCHS)
    interrupted(store, experiment)
    files = RunCheckpoint.of(store, experiment.key).files()
    assert len(files) == 2
    if damage == "bytes":
        for file in files:
            content = bytearray(file.read_bytes())
            content[-1] ^= 1
            file.write_bytes(content)
    elif damage == "version":
        monkeypatch.setattr(run_checkpoint, "circumstances", lambda: {"ctre": "0.0"})
    else:
        other = experiment_of(max_iter=N_EPOCHS, seed=1)
        interrupted(store, other)
        for mine, theirs in zip(files, RunCheckpoint.of(store, other.key).files(), strict=True):
            mine.write_bytes(theirs.read_bytes())
    epochs = Epochs()
    with pytest.warns(UserWarning, match=f"Run {experiment.key} begins anew: .*checkpoint-00000"):
        carry_out([experiment], store, callbacks=[epochs])
    assert epochs.n == N_EPOCHS
    assert store.with_points(experiment.key).points_digest == run(experiment).points_digest


@pytest.mark.usefixtures("eager")
def test_one_damaged_file_of_two_costs_an_epoch(store, experiment_of):
    experiment = experiment_of(max_iter=N_EPOCHS)
    interrupted(store, experiment)
    RunCheckpoint.of(store, experiment.key).files()[0].write_bytes(b"")
    epochs = Epochs()
    with pytest.warns(UserWarning, match="is used instead"):
        carry_out([experiment], store, callbacks=[epochs])
    assert epochs.n == N_EPOCHS - KILLED_IN + 2
    assert store.with_points(experiment.key).points_digest == run(experiment).points_digest


@pytest.mark.usefixtures("eager")
def test_what_cannot_be_written_is_said_and_the_run_goes_on(store, experiment_of):
    experiment = experiment_of()
    Path(f"{store.path}.checkpoints").write_text("a file where the folder was to be")
    with pytest.warns(UserWarning, match=r"\.checkpoints.*The run goes on"):
        carry_out([experiment], store)
    assert store.status_of([experiment.key]) == {experiment.key: DONE}


@pytest.mark.usefixtures("eager")
def test_a_process_that_was_given_up_and_still_writes_does_no_harm(store, experiment_of):
    """Two at one run: the other one ends first, and removes the folder under the slow one."""
    experiment = experiment_of(max_iter=N_EPOCHS)
    whole = run(experiment)

    class Overtaken(Callback):
        def on_trained(self, state):
            if state.n_epochs_done == 4:
                with Store(store.path) as other:
                    other.finish(experiment, whole)
                RunCheckpoint.of(store, experiment.key).remove()

    carry_out([experiment], store, callbacks=[Overtaken()])
    assert store.with_points(experiment.key) == whole
    assert not Path(f"{store.path}.checkpoints").exists()


@pytest.mark.usefixtures("eager")
def test_a_run_that_failed_is_retried_from_where_it_was(store, experiment_of):
    experiment = experiment_of(max_iter=N_EPOCHS)
    carry_out([experiment], store, callbacks=[Interrupt(MemoryError)])
    assert store.status_of([experiment.key]) == {experiment.key: FAILED}
    epochs = Epochs()
    carry_out([experiment], store, callbacks=[epochs], retry_failed=True)
    assert epochs.n == N_EPOCHS - KILLED_IN + 1


def test_short_runs_write_nothing(store, experiment_of):
    """Planted: the state is written at the beginning and at the end."""
    experiment = experiment_of(max_iter=N_EPOCHS)
    interrupted(store, experiment)
    assert not Path(f"{store.path}.checkpoints").exists()


@pytest.mark.usefixtures("eager")
def test_without_a_store_that_is_seen_there_is_nothing_to_write_beside(tmp_path, experiment_of):
    with Store() as store:
        assert RunCheckpoint.of(store, "0") is None
    unseen = tmp_path / "elsewhere.db.checkpoints"
    run(experiment_of(), checkpoint=RunCheckpoint(unseen / experiment_of().key))
    assert not unseen.exists()


@pytest.mark.usefixtures("eager")
def test_leftovers_of_what_is_done_are_swept_up(store, experiment_of):
    one, two = experiment_of(max_iter=N_EPOCHS), experiment_of(max_iter=N_EPOCHS, seed=1)
    for experiment in (one, two):
        interrupted(store, experiment)
    store.finish(one, run(one))
    sweep(store)
    assert [RunCheckpoint.of(store, some.key).folder.exists() for some in (one, two)] == [0, 1]
