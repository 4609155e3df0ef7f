"""Is a store whole, and what can be saved of it? And how stores come together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ctre.errors import CTREError, StoreError
from ctre.experiments.experiment import Experiment
from ctre.experiments.result import Result
from ctre.experiments.store import Store
from ctre.experiments.stored_run import DONE, FAILED, StoredRun

_MISSES = 10_000  # numbers in a row without a run, after which a damaged store has no more


class Verdict(NamedTuple):
    """What is known of a store."""

    counts: dict[str, int]
    """Runs by status, of those that can be read."""
    n_outdated: int
    """Those that another version of the library made, with other results."""
    problems: tuple[str, ...]
    """What is wrong; empty if nothing is."""

    @property
    def n_whole(self) -> int:
        """Done runs that can be read and are as they were written."""
        return self.counts.get(DONE, 0)


class Whole(NamedTuple):
    """A done run that is as it was written."""

    stored: StoredRun
    result: Result


class Merged(NamedTuple):
    """What a merge did."""

    n_new: int
    n_known: int
    differing: tuple[str, ...]
    """Keys of runs whose results differ from those that were there, which stay."""


def verify(path: Path) -> Verdict:
    """Read everything, and compare it with its checksums.

    Raises
    ------
    StoreError
        If there is no such file.
    """
    if not path.exists():
        raise StoreError(f"{path} must be a store, and does not exist.")
    problems = list(_problems_of_file(path))
    counts: dict[str, int] = {}
    n_outdated = 0
    try:
        with Store(path, must_exist=True) as store:
            for found in _each(store):
                if isinstance(found, str):
                    problems.append(found)
                else:
                    counts[found.status] = counts.get(found.status, 0) + 1
                    n_outdated += not found.is_current
    except StoreError as error:
        problems.append(str(error))
    return Verdict(counts, n_outdated, tuple(problems))


def _problems_of_file(path: Path) -> Iterator[str]:
    try:
        with closing(sqlite3.connect(path)) as database:
            for (line,) in database.execute("PRAGMA integrity_check(10)"):
                if line != "ok":
                    yield line.replace("\n", " ")
    except sqlite3.Error as error:
        yield str(error)


def _each(store: Store) -> Iterator[StoredRun | str]:
    """Give every run that is whole, and words on every one that is not."""
    for number in _numbers(store):
        try:
            runs = store.runs(number=number)
            for run in runs:
                yield _fault_of(store, run) or run
        except CTREError as error:
            yield f"run {number}: {error}"


def _numbers(store: Store) -> Iterator[int]:
    """Count the runs up; where the list of them is damaged, try one number after the other."""
    try:
        yield from store.numbers()
    except StoreError:
        n_misses = 0
        for number in count(1):
            try:
                is_there = bool(store.runs(number=number))
            except CTREError:
                is_there = False
            if is_there:
                yield number
            n_misses = 0 if is_there else n_misses + 1
            if n_misses > _MISSES:
                return


def _fault_of(store: Store, run: StoredRun) -> str | None:
    if run.status != DONE:
        return None
    what = f"run {run.key}"
    if run.result is None:
        return f"{what} is said to be done, and has no result."
    if run.result.digest != run.digest:
        return f"{what} has another result than was written."
    has_points = run.points_digest is not None
    if has_points and store.with_points(run.key).points_digest != run.points_digest:
        return f"{what} has other epochs than were written."
    return None


def merge(store: Store, experiments: Iterable[Experiment], runs: Iterable[Whole]) -> Merged:
    """Take over what another store has: experiments that are to be done, and runs that are.

    What is done in both stays as it is in ``store``.
    """
    n_new = n_known = 0
    differing = []
    mine = {run.key: run.digest for run in store.runs() if run.status == DONE}
    for stored, result in runs:
        if stored.key in mine:
            n_known += 1
            if mine[stored.key] != stored.digest:
                differing.append(stored.key)
            continue
        n_new += store.finish(
            stored.experiment, result, key=stored.key, host=stored.host, ended=stored.ended
        )
    store.add(experiments)
    return Merged(n_new, n_known, tuple(differing))


def merge_store(store: Store, path: Path) -> Merged:
    """Take over what can be read of another store.

    Raises
    ------
    StoreError
        If it cannot be opened at all, or ``store`` cannot be written.
    """
    with Store(path, must_exist=True) as other:
        readable = [run for run in _each(other) if not isinstance(run, str)]
        open_ones = [run.experiment for run in readable if run.status not in (DONE, FAILED)]
        done = (Whole(run, other.with_points(run.key)) for run in readable if run.status == DONE)
        return merge(store, open_ones, done)
