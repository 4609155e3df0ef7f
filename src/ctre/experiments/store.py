"""The store: one SQLite file that holds experiments, how far they are, and what they brought.

A result and the word that its run is done are written in one transaction, so that at any moment
every run is there whole or not at all. Several processes may write to one store: a run belongs to
whoever claimed it, for as long as that one's heart beats.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ctre.experiments.claims import is_gone
from ctre.experiments.experiment import Experiment
from ctre.experiments.result import EpochPoint, PrunePoint, Result
from ctre.experiments.store_file import MEMORY, RESULT_FIELDS, StoreFile, columns
from ctre.experiments.stored_run import DONE, FAILED, PENDING, RUNNING, StoredRun, stored_run

_HIGHEST = 2**63 - 1


class Store(StoreFile):
    """Experiments and results in one file.

    Parameters
    ----------
    path : path, default=MEMORY
        The file; `MEMORY` keeps everything in memory.
    must_exist : bool, default=False
        Whether to make no new one.

    Raises
    ------
    StoreError
        If there is none, or it is damaged, or no store of this version.
    """

    def __init__(self, path: str | os.PathLike[str] = MEMORY, *, must_exist: bool = False) -> None:
        super().__init__(path, must_exist=must_exist)
        self.owner = uuid.uuid4().hex

    def add(self, experiments: Iterable[Experiment]) -> None:
        """Note experiments that are to be done; those that are there stay as they are."""
        keyed = [(one.key, one) for one in experiments]
        with self._transaction():
            self._note(keyed)

    def _note(self, keyed: Iterable[tuple[str, Experiment]]) -> None:
        self._database.executemany(
            "INSERT OR IGNORE INTO runs (key, dataset, method, seed, experiment) "
            "VALUES (?, ?, ?, ?, ?)",
            [(key, one.source.name, one.method, one.seed, one.to_json()) for key, one in keyed],
        )

    def claim(self, key: str, *, retry_failed: bool = False) -> bool:
        """Take a run that nobody has: not begun, or begun by a process that is gone.

        Returns
        -------
        bool
            Whether it is ours now.
        """
        with self._transaction():
            (row,) = self._rows(
                "SELECT status, heartbeat, host, process, owner FROM runs WHERE key = ?", (key,)
            )
            status, *who = row
            wanted = status == PENDING or (status == FAILED and retry_failed)
            if not wanted and not (status == RUNNING and is_gone(*who)):
                return False
            self._database.execute(
                "UPDATE runs SET status = ?, owner = ?, host = ?, process = ?, heartbeat = ?, "
                "ended = NULL, error = NULL WHERE key = ?",
                (RUNNING, self.owner, socket.gethostname(), os.getpid(), time.time(), key),
            )
        return True

    def beat(self) -> None:
        """Say that the process lives that has claimed runs."""
        with self._transaction():
            self._database.execute(
                "UPDATE runs SET heartbeat = ? WHERE owner = ? AND status = ?",
                (time.time(), self.owner, RUNNING),
            )

    def finish(
        self,
        experiment: Experiment,
        result: Result,
        *,
        key: str | None = None,
        host: str | None = None,
        ended: float | None = None,
    ) -> bool:
        """Write a result and that its run is done, in one transaction.

        If somebody else has finished it meanwhile, theirs, which is the same, stays.

        Parameters
        ----------
        experiment, result
            What was done, and what it brought.
        key : str, optional
            The key it was done under, where that was another one (another version's).
        host : str, optional
            Where, if not here.
        ended : float, optional
            When, in seconds since 1970, if not now.

        Returns
        -------
        bool
            Whether it was not there yet.
        """
        key = key or experiment.key
        with self._transaction():
            self._note([(key, experiment)])
            ((run, status),) = self._rows("SELECT id, status FROM runs WHERE key = ?", (key,))
            if status == DONE:
                return False
            points_digest = result.points_digest if result.epochs else None
            numbers = (*result.outcome, *result.seconds, *result.made)
            _insert(
                self._database,
                "results",
                [(run, *numbers, result.digest, points_digest)],
            )
            _insert(self._database, "epochs", [(run, *point) for point in result.epochs])
            pruning = [(run, place, *point) for place, point in enumerate(result.pruning)]
            _insert(self._database, "pruning", pruning)
            self._database.execute(
                "UPDATE runs SET status = ?, ended = ?, host = ?, owner = NULL, process = NULL, "
                "heartbeat = NULL, error = NULL WHERE id = ?",
                (DONE, ended or time.time(), host or socket.gethostname(), run),
            )
        return True

    def fail(self, key: str, error: str) -> None:
        """Write down why a run failed."""
        with self._transaction():
            self._database.execute(
                "UPDATE runs SET status = ?, ended = ?, owner = NULL, heartbeat = NULL, "
                "error = ? WHERE key = ? AND status != ?",
                (FAILED, time.time(), error, key, DONE),
            )

    def release(self, keys: Collection[str]) -> None:
        """Give claimed runs back, not done."""
        with self._transaction():
            self._database.executemany(
                "UPDATE runs SET status = ?, owner = NULL, heartbeat = NULL "
                "WHERE key = ? AND owner = ? AND status = ?",
                [(PENDING, key, self.owner, RUNNING) for key in keys],
            )

    def status_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Give the status of those of the runs that are there."""
        statuses = dict(self._rows("SELECT key, status FROM runs"))
        return {key: statuses[key] for key in keys if key in statuses}

    def numbers(self) -> list[int]:
        """Give the numbers of all runs, in the order in which they were added."""
        return [number for (number,) in self._rows("SELECT id FROM runs ORDER BY id")]

    def runs(
        self, keys: Collection[str] | None = None, *, number: int | None = None
    ) -> list[StoredRun]:
        """Give the runs, in the order in which they were added.

        Parameters
        ----------
        keys : collection of str, optional
            Only these.
        number : int, optional
            Only the run of this number, and nothing else is read: there may be damage elsewhere.

        Raises
        ------
        StoreError
            If the store is damaged.
        """
        rows = self._rows(
            "SELECT runs.key, experiment, status, host, process, heartbeat, ended, error, "
            f"digest, points_digest, {columns(RESULT_FIELDS)} "
            "FROM runs LEFT JOIN results ON results.run = runs.id "
            "WHERE runs.id BETWEEN ? AND ? ORDER BY runs.id",
            (number or 0, number or _HIGHEST),
        )
        wanted = None if keys is None else set(keys)
        return [stored_run(row) for row in rows if wanted is None or row[0] in wanted]

    def with_points(self, key: str) -> Result:
        """Give the whole result of a run that is done."""
        ((run,),) = self._rows("SELECT id FROM runs WHERE key = ?", (key,))
        (found,) = self.runs(number=run)
        assert found.result is not None, "it is done"
        epochs = self._rows(
            f"SELECT {columns(EpochPoint._fields)} FROM epochs WHERE run = ? ORDER BY epoch",
            (run,),
        )
        pruning = self._rows(
            f"SELECT {columns(PrunePoint._fields)} FROM pruning WHERE run = ? ORDER BY place",
            (run,),
        )
        return Result(
            found.result.outcome,
            found.result.seconds,
            found.result.made,
            tuple(EpochPoint(*row) for row in epochs),
            tuple(PrunePoint(*row) for row in pruning),
        )


def _insert(database: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows)
