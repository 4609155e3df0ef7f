"""A run as a store has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ctre.experiments.experiment import Experiment
from ctre.experiments.result import Made, Outcome, Result, Seconds

PENDING, RUNNING, DONE, FAILED = "pending", "running", "done", "failed"


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


def stored_run(row: tuple[Any, ...]) -> StoredRun:
    """Make it of a row of `Store.runs`."""
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
