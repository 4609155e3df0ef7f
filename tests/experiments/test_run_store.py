"""Nothing finished is lost, whatever happens to the process, the disk and the file."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from ctre.errors import StoreError
from ctre.experiments import Store, run
from ctre.experiments.salvage import merge_store, verify
from ctre.experiments.stored_run import DONE, FAILED, PENDING, RUNNING


@pytest.fixture(scope="module")
def result(experiment_of):
    return run(experiment_of())


def filled(path, experiment_of, result, n=6):
    experiments = [experiment_of(seed=seed) for seed in range(n)]
    with Store(path) as store:
        for one in experiments:
            store.finish(one, result)
    return experiments


def fill_up(store, experiment_of, result):
    for seed in range(2, 200):
        store.finish(experiment_of(seed=seed), result)


def test_a_result_comes_back_as_it_was(store, experiment_of, result):
    one = experiment_of()
    store.add([one])
    assert store.status_of([one.key, "0"]) == {one.key: PENDING}
    assert store.finish(one, result)
    assert not store.finish(one, result)
    (found,) = store.runs()
    assert (found.status, found.experiment, found.digest) == (DONE, one, result.digest)
    assert found.result.outcome == result.outcome
    assert store.with_points(one.key) == result


def test_a_run_belongs_to_whoever_claimed_it(store, experiment_of):
    one = experiment_of()
    store.add([one])
    with Store(store.path) as other:
        assert store.claim(one.key)
        assert not other.claim(one.key)
        assert not store.claim(one.key)
        store.release([one.key])
        assert other.claim(one.key)
        store.release([one.key])  # not ours to give
        assert store.status_of([one.key]) == {one.key: RUNNING}


def test_only_a_failed_run_is_retried_and_only_if_asked(store, experiment_of, result):
    one, two = experiment_of(), experiment_of(seed=1)
    store.add([one])
    store.fail(one.key, "ValueError: no")
    assert store.runs()[0].error == "ValueError: no"
    assert not store.claim(one.key)
    assert store.claim(one.key, retry_failed=True)
    store.finish(two, result)
    assert not store.claim(two.key, retry_failed=True)
    store.fail(two.key, "late")
    assert store.status_of([two.key]) == {two.key: DONE}


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ({"process": 2**22 + 1}, True),  # gone
        ({"heartbeat": 0.0}, True),  # still there, and silent
        ({"host": "elsewhere", "process": 2**22 + 1}, False),
        ({"host": "elsewhere", "heartbeat": 0.0}, True),
        ({}, False),
    ],
)
def test_a_stale_run_is_taken_over(store, experiment_of, change, is_taken):
    one = experiment_of()
    store.add([one])
    store.claim(one.key)
    for name, value in change.items():
        store._database.execute(f"UPDATE runs SET {name} = ?", (value,))
    with Store(store.path) as other:
        assert other.claim(one.key) == is_taken


def test_a_heartbeat_is_of_ones_own_runs(store, experiment_of):
    one, two = experiment_of(), experiment_of(seed=1)
    store.add([one, two])
    with Store(store.path) as other:
        store.claim(one.key)
        other.claim(two.key)
        store._database.execute("UPDATE runs SET heartbeat = 0")
        other.beat()
        heartbeats = {run.key: run.heartbeat for run in store.runs()}
    assert heartbeats[one.key] == 0
    assert heartbeats[two.key] == pytest.approx(time.time(), abs=60)


def test_result_and_done_come_together_or_not_at_all(store, experiment_of, result):
    """Planted: the status in a transaction of its own."""
    one = experiment_of()
    store._database.execute(
        "CREATE TRIGGER no BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(StoreError, match="no"):
        store.finish(one, result)
    assert store._rows("SELECT COUNT(*) FROM results") == [(0,)]
    assert store._rows("SELECT COUNT(*) FROM epochs") == [(0,)]


def test_two_writers_lose_nothing_of_each_other(store, experiment_of, result):
    batches = [[experiment_of(seed=10 * n + k) for k in range(8)] for n in range(3)]

    def write(batch):
        with Store(store.path) as own:
            for one in batch:
                own.finish(one, result)

    threads = [threading.Thread(target=write, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.key for run in store.runs()) == sorted(
        one.key for batch in batches for one in batch
    )


def test_a_full_disk_is_told_and_costs_nothing_that_is_done(tmp_path, experiment_of, result):
    path = tmp_path / "runs.db"
    filled(path, experiment_of, result, n=2)
    with Store(path) as store:
        (n_pages,) = store._database.execute("PRAGMA page_count").fetchone()
        store._database.execute(f"PRAGMA max_page_count = {n_pages}")
        with pytest.raises(StoreError, match=r"runs\.db: the disk is full\. What is done is kept"):
            fill_up(store, experiment_of, result)
    verdict = verify(path)
    assert verdict.problems == ()
    assert verdict.n_whole >= 2


def test_a_damaged_store_is_told_and_saved_from(tmp_path, experiment_of, result):
    path = tmp_path / "runs.db"
    experiments = filled(path, experiment_of, result, n=60)
    content = bytearray(path.read_bytes())
    n_pages = len(content) // 4096
    for page in range(n_pages // 2, n_pages // 2 + 3):
        content[page * 4096 : (page + 1) * 4096] = b"\xab" * 4096
    path.write_bytes(content)
    verdict = verify(path)
    assert verdict.problems
    assert 0 < verdict.n_whole < 60
    with Store(tmp_path / "saved.db") as saved:
        merged = merge_store(saved, path)
        assert merged.n_new == verdict.n_whole
        keys = {one.key for one in experiments}
        assert {run.key for run in saved.runs()} <= keys
        for stored in saved.runs():
            assert saved.with_points(stored.key) == result
    assert verify(tmp_path / "saved.db").problems == ()


def test_a_changed_number_is_found(tmp_path, experiment_of, result):
    path = tmp_path / "runs.db"
    filled(path, experiment_of, result, n=3)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE results SET test_accuracy = 1.0 WHERE run = 1")
        database.execute("UPDATE epochs SET test_loss = 0.0 WHERE run = 2 AND epoch = 1")
        database.execute("DELETE FROM results WHERE run = 3")
    words = "\n".join(verify(path).problems)
    for part in ("another result", "other epochs", "has no result"):
        assert part in words


@pytest.mark.parametrize("content", [b"no database at all" * 99, b"x"])
def test_something_else_is_refused(tmp_path, content):
    path = tmp_path / "runs.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged, or no store"):
        Store(path)
    assert path.read_bytes() == content
    assert verify(path).problems


def test_another_database_and_another_version_are_refused(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE birds (name)")
    with pytest.raises(StoreError, match="another SQLite file"):
        Store(path)
    Store(tmp_path / "runs.db").close()
    with sqlite3.connect(tmp_path / "runs.db") as database:
        database.execute("PRAGMA user_version = 2")
    with pytest.raises(StoreError, match="got version 2"):
        Store(tmp_path / "runs.db")
    with pytest.raises(StoreError, match="does not exist"):
        Store(tmp_path / "none.db", must_exist=True)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(StoreError, match=r"runs\.db: its folder does not exist"):
        Store(tmp_path / "none" / "runs.db")


def test_merging_keeps_what_is_there(tmp_path, experiment_of, result):
    mine, theirs = tmp_path / "mine.db", tmp_path / "theirs.db"
    filled(mine, experiment_of, result, n=2)
    changed = result.outcome._replace(test_accuracy=0.0)
    other = type(result)(changed, result.seconds, result.made, result.epochs)
    with Store(theirs) as store:
        store.finish(experiment_of(seed=1), other, host="there", ended=1.0)
        store.finish(experiment_of(seed=2), other, host="there", ended=1.0)
        store.add([experiment_of(seed=3)])
        store.fail(experiment_of(seed=3).key, "no")
        store.add([experiment_of(seed=4)])
    with Store(mine) as store:
        merged = merge_store(store, theirs)
        assert (merged.n_new, merged.n_known) == (1, 1)
        assert merged.differing == (experiment_of(seed=1).key,)
        runs = {run.experiment.seed: run for run in store.runs()}
    assert [runs[seed].status for seed in sorted(runs)] == [DONE, DONE, DONE, PENDING]
    assert runs[1].result.outcome == result.outcome
    assert (runs[2].host, runs[2].ended) == ("there", 1.0)
    assert FAILED not in {run.status for run in runs.values()}
