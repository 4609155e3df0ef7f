"""The store: one SQLite file that holds experiments, how far they are, and what they brought.

A result and the word that its run is done are written in one transaction, so that at any moment
every run is there whole or not at all. Several processes may write to one store: a run belongs to
whoever claimed it, for as long as that one's heart beats.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from ctre.errors import StoreError
from ctre.experiments.experiment import Experiment
from ctre.experiments.result import EpochPoint, Made, Outcome, PrunePoint, Result, Seconds

PENDING, RUNNING, DONE, FAILED = "pending", "running", "done", "failed"

MEMORY = ":memory:"
"""The path of a store without a file."""

STALE_AFTER = 60.0
"""Seconds without a heartbeat after which a run belongs to nobody."""

_APPLICATION, _VERSION = 0x43545245, 1  # "CTRE"; of the tables below
_MAGIC = b"SQLite format 3\x00"
_HIGHEST = 2**63 - 1
_PATIENCE = 60.0  # seconds to wait for another process that writes
RESULT_FIELDS = (*Outcome._fields, *(f"seconds_{name}" for name in Seconds._fields), *Made._fields)


def _columns(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


_SCHEMA = f"""
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    dataset TEXT NOT NULL,
    method TEXT NOT NULL,
    seed INTEGER NOT NULL,
    experiment TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT '{PENDING}',
    owner TEXT,
    host TEXT,
    process INTEGER,
    heartbeat REAL,
    ended REAL,
    error TEXT
);
CREATE TABLE results (
    run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    {_columns(RESULT_FIELDS)},
    digest TEXT NOT NULL,
    points_digest TEXT
);
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    {_columns(EpochPoint._fields)},
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE pruning (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    {_columns(PrunePoint._fields)},
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
"""


class StoredRun(NamedTuple):
    """A run as the store has it."""

    key: str
    experiment: Experiment
    status: str
    host: str | None
    process: int | None
    heartbeat: float | None
    ended: float | None
    error: str | None
    result: Result | None
    """Without epochs and pruning, which `Store.with_points` reads."""
    digest: str | None
    """Of the outcome, when it was written."""
    points_digest: str | None
    """Of epochs and pruning; None if the store does not have them."""

    @property
    def is_current(self) -> bool:
        """Whether this version of the library would get the same result."""
        return self.key == self.experiment.key


class Store:
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
        self.path = str(path)
        self.owner = uuid.uuid4().hex
        self._lock = threading.RLock()
        if must_exist and not Path(path).exists():
            raise StoreError(f"{path} must be a store, and does not exist.")
        if not _may_be_sqlite(self.path):
            raise StoreError(f"{path}: it is damaged, or no store. Choose another file.")
        with self._telling():
            self._database = sqlite3.connect(
                _address(self.path),
                timeout=_PATIENCE,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def _prepare(self) -> None:
        execute = self._database.execute
        (application,) = execute("PRAGMA application_id").fetchone()
        (version,) = execute("PRAGMA user_version").fetchone()
        (n_tables,) = execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        if n_tables and (application, version) != (_APPLICATION, _VERSION):
            what = (
                f"one of version {_VERSION}, got version {version}"
                if application == _APPLICATION
                else "made by ctre, got another SQLite file"
            )
            raise StoreError(f"The store {self.path} must be {what}. Choose another file.")
        execute("PRAGMA foreign_keys = ON")
        execute("PRAGMA synchronous = FULL")
        if n_tables:
            return
        execute("PRAGMA journal_mode = WAL")  # the file remembers that
        with self._transaction():
            if execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,):
                for statement in _SCHEMA.split(";"):
                    execute(statement)
                execute(f"PRAGMA application_id = {_APPLICATION}")
                execute(f"PRAGMA user_version = {_VERSION}")

    def close(self) -> None:
        """Close the file; what is done is in it."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say which store an error is about, and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {_explained(error, self.path)}") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._telling():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._telling():
            return self._database.execute(query, values).fetchall()

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
        columns = _columns(RESULT_FIELDS)
        rows = self._rows(
            "SELECT runs.key, experiment, status, host, process, heartbeat, ended, error, "
            f"digest, points_digest, {columns} "
            "FROM runs LEFT JOIN results ON results.run = runs.id "
            "WHERE runs.id BETWEEN ? AND ? ORDER BY runs.id",
            (number or 0, number or _HIGHEST),
        )
        wanted = None if keys is None else set(keys)
        return [_stored(row) for row in rows if wanted is None or row[0] in wanted]

    def with_points(self, key: str) -> Result:
        """Give the whole result of a run that is done."""
        ((run,),) = self._rows("SELECT id FROM runs WHERE key = ?", (key,))
        (found,) = self.runs(number=run)
        assert found.result is not None, "it is done"
        epochs = self._rows(
            f"SELECT {_columns(EpochPoint._fields)} FROM epochs WHERE run = ? ORDER BY epoch",
            (run,),
        )
        pruning = self._rows(
            f"SELECT {_columns(PrunePoint._fields)} FROM pruning WHERE run = ? ORDER BY place",
            (run,),
        )
        return Result(
            found.result.outcome,
            found.result.seconds,
            found.result.made,
            tuple(EpochPoint(*row) for row in epochs),
            tuple(PrunePoint(*row) for row in pruning),
        )


def is_gone(heartbeat: float | None, host: str | None, process: int | None, owner: Any) -> bool:
    """Tell whether the process that claimed a run is gone."""
    if owner is None or heartbeat is None or process is None:
        return True
    if time.time() - heartbeat > STALE_AFTER:
        return True
    return host == socket.gethostname() and not _is_alive(process)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there os.kill would end it; the heartbeat has to tell
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _address(path: str) -> str:
    """Write the path as SQLite wants it; a file that cannot be written is only read."""
    if path == MEMORY:
        return "file::memory:"
    address = Path(path).absolute().as_uri()
    is_fixed = Path(path).exists() and not os.access(path, os.W_OK)
    return f"{address}?immutable=1" if is_fixed else address


def _may_be_sqlite(path: str) -> bool:
    """Tell a database from another file; SQLite takes a very short file for an empty one."""
    if path == MEMORY or not Path(path).exists():
        return True
    with Path(path).open("rb") as file:
        return file.read(len(_MAGIC)) in (b"", _MAGIC)


def _insert(database: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows)


def _stored(row: tuple[Any, ...]) -> StoredRun:
    key, experiment, *about, digest, points_digest = row[:10]
    result = None if digest is None else _result(row[10:])
    return StoredRun._make(
        (key, Experiment.from_json(experiment), *about, result, digest, points_digest)
    )


def _result(numbers: Sequence[Any]) -> Result:
    n_outcome, n_seconds = len(Outcome._fields), len(Seconds._fields)
    return Result(
        Outcome(*numbers[:n_outcome]),
        Seconds(*numbers[n_outcome : n_outcome + n_seconds]),
        Made(*numbers[n_outcome + n_seconds :]),
    )


def _explained(error: sqlite3.Error, path: str) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return (
            "the disk is full. What is done is kept; make room, and the same command goes on from "
            "there."
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return (
            f"it is damaged, or no store ({error}). 'ctre store verify {path}' says what can be "
            f"read of it, 'ctre store merge NEW.db {path}' saves that."
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"another process has kept it locked for {_PATIENCE:.0f} seconds."
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"it cannot be opened for writing ({error})."
    return str(error)
