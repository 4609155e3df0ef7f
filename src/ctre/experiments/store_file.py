"""The file of a store: its tables, how it is opened, and what its errors mean to whoever has it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ctre.errors import StoreError
from ctre.experiments.result import EpochPoint, Made, Outcome, PrunePoint, Seconds
from ctre.experiments.stored_run import PENDING

MEMORY = ":memory:"
"""The path of a store without a file."""

RESULT_FIELDS = (*Outcome._fields, *(f"seconds_{name}" for name in Seconds._fields), *Made._fields)

_APPLICATION, _VERSION = 0x43545245, 1  # "CTRE"; of the tables below
_MAGIC = b"SQLite format 3\x00"
_PATIENCE = 60.0  # seconds to wait for another process that writes


def columns(names: Sequence[str]) -> str:
    """Write names of columns as SQL wants them."""
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
    {columns(RESULT_FIELDS)},
    digest TEXT NOT NULL,
    points_digest TEXT
);
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    {columns(EpochPoint._fields)},
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE pruning (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    {columns(PrunePoint._fields)},
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
"""


class StoreFile:
    """The file of a store, opened.

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
    if primary == sqlite3.SQLITE_CANTOPEN and not Path(path).absolute().parent.is_dir():
        return "its folder does not exist. Make it first, or choose another one."
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"it cannot be opened for writing ({error})."
    return str(error)
