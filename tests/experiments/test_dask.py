"""The same rows from a cluster as from one process, also if one of its workers is killed."""

from __future__ import annotations

import logging
import os
import signal

import pytest
from joblib import parallel_config

from ctre.experiments import Store, carry_out
from ctre.experiments.stored_run import DONE

distributed = pytest.importorskip("distributed")
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
