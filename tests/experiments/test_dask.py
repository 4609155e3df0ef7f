"""The same rows from a cluster as from one process, also if one of its workers is killed."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from joblib import parallel_config

from ctre.experiments import Store, carry_out
from ctre.experiments.stored_run import DONE

distributed = pytest.importorskip("distributed")
CLI = "import sys; from distributed.cli.dask_{0} import main; sys.exit(main())"
GRID = """
dataset = ["iris", "wine"]
method = ["set", "ctre-seq"]
hidden_layer_sizes = [[30, 30]]
epsilon = 5
max_iter = 20
seeds = 5
"""
pytestmark = pytest.mark.filterwarnings("default")  # distributed's own


@pytest.fixture
def client():
    """A cluster of two worker processes."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        distributed.Client(cluster) as opened,
    ):
        yield opened


def digests(store):
    return {run.key: (run.status, run.digest, run.points_digest) for run in store.runs()}


def both(client, experiments, on_event=lambda _: None):
    with Store() as alone, Store() as cluster:
        carry_out(experiments, alone)
        with parallel_config("dask", client=client):
            carry_out(experiments, cluster, n_jobs=None, on_event=on_event)
        return digests(alone), digests(cluster)


def test_a_worker_is_killed_and_nothing_is_lost(client, experiment_of):
    experiments = [experiment_of(m, s) for s in range(6) for m in ("set", "ctre-sim")]
    n_done = []

    def kill_one(event):
        n_done.append(event.what == DONE)
        if sum(n_done) == 3 and event.what == DONE:
            (victim, *_) = client.run(os.getpid).values()
            os.kill(victim, signal.SIGKILL)

    alone, cluster = both(client, experiments, kill_one)
    assert cluster == alone
    assert {status for status, *_ in cluster.values()} == {DONE}


@pytest.mark.slow
def test_a_hundred_runs_are_the_same_bit_for_bit(client, experiment_of):
    experiments = [
        experiment_of(method, seed, epsilon=epsilon)
        for seed in range(5)
        for method in ("set", "ctre-sim", "ctre-seq", "rigl", "snip")
        for epsilon in (1, 2, 3, 4)
    ]
    assert len(experiments) == 100
    alone, cluster = both(client, experiments)
    assert cluster == alone
    assert len(cluster) == 100


def started(role, *words):
    """Start a scheduler or a worker, as ``dask scheduler`` and ``dask worker`` do."""
    command = [sys.executable, "-c", CLI.format(role), *words, "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def address(tmp_path):
    """A scheduler and two workers that were started on their own; and the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = f"tcp://127.0.0.1:{port}"
    once = ("--no-nanny", "--nthreads", "1", "--local-directory", str(tmp_path))
    scheduler = started("scheduler", "--host", "127.0.0.1", "--port", str(port))
    workers = [started("worker", found, *once) for _ in range(2)]
    with distributed.Client(found, timeout=300) as client:
        client.wait_for_workers(2, timeout=300)
    yield found, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.slow  # a scheduler and its workers need seconds to come up
def test_a_cluster_that_is_already_there_loses_a_worker(address, tmp_path):
    scheduler, workers = address
    (tmp_path / "grid.toml").write_text(GRID)
    study = [sys.executable, "-m", "ctre", "study", str(tmp_path / "grid.toml"), "--store"]
    here, there = tmp_path / "here.db", tmp_path / "there.db"
    with subprocess.Popen([*study, str(there), "--dask", scheduler]) as process:
        while process.poll() is None and not n_done(there):
            time.sleep(0.05)
        assert process.poll() is None
        workers[0].kill()
        assert process.wait(600) == 0
    assert subprocess.run([*study, str(here)], check=False).returncode == 0
    with Store(here) as alone, Store(there) as cluster:
        assert digests(cluster) == digests(alone)
        assert {status for status, *_ in digests(cluster).values()} == {DONE}
        assert len(digests(cluster)) == 20


def n_done(path):
    if not path.exists():
        return 0
    with Store(path) as store:
        return sum(run.status == DONE for run in store.runs())
