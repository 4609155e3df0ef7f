from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from joblib import parallel_config

from ctre.errors import StoreError
from ctre.experiments import Store, carry_out
from ctre.experiments.experiment import Experiment
from ctre.experiments.runner import _attempt
from ctre.experiments.salvage import verify
from ctre.experiments.stored_run import DONE, FAILED, PENDING, RUNNING
from ctre.training import Callback

LONG = {"hidden_layer_sizes": (300, 300), "max_iter": 4000, "batch_size": 10}


def digests(store):
    return {run.key: (run.digest, run.points_digest) for run in store.runs()}


def test_each_is_done_once(store, experiment_of, monkeypatch):
    experiments = [experiment_of(method, seed) for seed in (0, 1) for method in ("set", "static")]
    events = []
    carry_out([*experiments[:2], experiments[0]], store, on_event=events.append)
    assert [(event.experiment.key, event.what) for event in events] == [
        (experiments[0].key, RUNNING), (experiments[0].key, DONE),
        (experiments[1].key, RUNNING), (experiments[1].key, DONE),
    ]  # fmt: skip
    tried = []

    def watched(experiment, *others):
        tried.append(experiment.key)
        return _attempt(experiment, *others)

    monkeypatch.setattr("ctre.experiments.runner._attempt", watched)
    carry_out(experiments, store)
    assert tried == [one.key for one in experiments[2:]]
    assert set(store.status_of(one.key for one in experiments).values()) == {DONE}


def test_one_process_and_two_bring_the_same(tmp_path, experiment_of):
    experiments = [experiment_of(m, s) for s in range(3) for m in ("set", "ctre-seq", "snip")]
    with Store() as alone, Store(tmp_path / "two.db") as shared:
        carry_out(experiments, alone)
        with parallel_config("loky", inner_max_num_threads=1):
            carry_out(experiments, shared, n_jobs=2)
        assert digests(alone) == digests(shared)


def test_a_run_that_fails_is_written_down_and_the_others_go_on(store, experiment_of):
    wild = experiment_of("static", learning_rate_init=1e30, batch_size=10)
    experiments = [experiment_of(), wild, experiment_of(seed=1)]
    carry_out(experiments, store)
    assert [run.status for run in store.runs()] == [DONE, FAILED, DONE]
    assert "TrainingDivergedError" in store.runs()[1].error
    events = []
    carry_out(experiments, store, on_event=events.append)
    assert events == []
    carry_out(experiments, store, retry_failed=True, on_event=events.append)
    assert [event.what for event in events] == [RUNNING, FAILED]


class Killer(Callback):
    """Ends the process that trains one method, without a word."""

    def on_fit_begin(self, state):
        if state.plan.method == "static":
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_process_that_is_killed_takes_nothing_with_it(store, experiment_of):
    """Planted: all runs under way are called failed, not just the one that kills."""
    experiments = [experiment_of(seed=0), experiment_of("static"), experiment_of(seed=1)]
    with parallel_config("loky", inner_max_num_threads=1):
        carry_out(experiments, store, n_jobs=2, callbacks=[Killer()])
    assert [run.status for run in store.runs()] == [DONE, FAILED, DONE]
    assert "ended without a word" in store.runs()[1].error


def test_what_another_process_does_is_waited_for(store, experiment_of):
    experiments = [experiment_of(seed=seed) for seed in (0, 1)]
    store.add(experiments)
    with Store(store.path) as other:
        other.claim(experiments[0].key)

        def give_back():
            while DONE not in store.status_of([experiments[1].key]).values():
                time.sleep(0.01)
            other.release([experiments[0].key])

        thread = threading.Thread(target=give_back)
        thread.start()
        carry_out(experiments, store)
        thread.join()
    assert [run.status for run in store.runs()] == [DONE, DONE]


def test_an_interruption_gives_back_what_is_under_way(store, experiment_of, monkeypatch):
    experiments = [experiment_of(seed=seed) for seed in (0, 1, 2)]

    def interrupted(experiment, *others):
        if experiment.seed == 1:
            raise KeyboardInterrupt
        return _attempt(experiment, *others)

    monkeypatch.setattr("ctre.experiments.runner._attempt", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out(experiments, store)
    assert [run.status for run in store.runs()] == [DONE, PENDING, PENDING]


def test_a_store_that_cannot_be_written_ends_it(store, experiment_of, monkeypatch):
    def full(*_, **__):
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "finish", full)
    with pytest.raises(StoreError, match="full"):
        carry_out([experiment_of()], store)
    assert [run.status for run in store.runs()] == [PENDING]
    monkeypatch.setattr(store, "claim", full)
    with pytest.raises(StoreError, match="full"):
        carry_out([experiment_of()], store, n_jobs=2)


SCRIPT = """
import pathlib, signal, sys, time
from ctre.experiments import Experiment, Store, carry_out
from ctre.training import Callback
class Pulse(Callback):
    path = None
    def on_epoch_begin(self, state):
        self.path.write_text(str(time.monotonic()))
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has background jobs ignore it
experiments = [Experiment.from_json(line) for line in open(sys.argv[2])]
pulse = Pulse()
pulse.path = pathlib.Path(sys.argv[2]).with_name("pulse")
with Store(sys.argv[1]) as store:
    carry_out(experiments, store, n_jobs=int(sys.argv[3]), callbacks=[pulse])
"""


def started(tmp_path, experiments, n_jobs=1):
    """Begin in a process of its own; give it back once a run is done and the next under way."""
    (tmp_path / "experiments").write_text("\n".join(one.to_json() for one in experiments))
    path = tmp_path / "runs.db"
    words = [sys.executable, "-c", SCRIPT, str(path), str(tmp_path / "experiments"), f"{n_jobs}"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    wanted = {(DONE, 1), (RUNNING, 1)}
    for _ in range(1200):
        time.sleep(0.05)
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                counts = set(database.execute("SELECT status, COUNT(*) FROM runs GROUP BY 1"))
        except sqlite3.Error:
            continue
        if wanted <= counts:
            return process, path
    raise AssertionError("it never got under way")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_or_interrupted_it_goes_on(tmp_path, experiment_of, how):
    experiments = [experiment_of(), experiment_of(seed=1, **LONG), experiment_of(seed=2)]
    process, path = started(tmp_path, experiments)
    process.send_signal(how)
    process.wait(30)
    assert verify(path).problems == ()
    short = [experiments[0], experiments[2]]
    with Store(path) as store:
        statuses = [run.status for run in store.runs()]
        assert statuses == [DONE, RUNNING if how == signal.SIGKILL else PENDING, PENDING]
        assert store.claim(experiments[1].key)  # whoever had it is gone
        before = digests(store)[experiments[0].key]
        carry_out(short, store)
        assert [run.status for run in store.runs()] == [DONE, RUNNING, DONE]
        assert digests(store)[experiments[0].key] == before


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL, nor a new parent")
def test_workers_of_a_process_that_was_killed_end_too(tmp_path, experiment_of):
    endless = {**LONG, "max_iter": 10**6}
    experiments = [experiment_of(), experiment_of(seed=1, **endless)]
    process, _ = started(tmp_path, experiments, n_jobs=2)
    pulse = tmp_path / "pulse"
    pulse.unlink(missing_ok=True)  # of the short one
    for _ in range(600):
        if pulse.exists():
            break
        time.sleep(0.05)
    process.kill()
    process.wait(30)
    latest, since = pulse.read_text(), time.monotonic()
    end, quiet = since + 40, 5.0  # seconds
    while time.monotonic() < min(end, since + quiet):
        time.sleep(0.1)
        if (now := pulse.read_text()) != latest:
            latest, since = now, time.monotonic()
    assert time.monotonic() >= since + quiet, "the training goes on"


def test_experiments_come_from_text_as_they_went(experiment_of):
    one = experiment_of("ctre-sim", 4, prune_steps=2)
    assert Experiment.from_json(one.to_json()).key == one.key
