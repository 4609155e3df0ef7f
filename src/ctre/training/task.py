"""What is learned: how targets become numbers, which loss is lowered, what a score means.

Training knows losses and scores; only a task knows classes, labels or units. A new one is a class
here, and an estimator that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray, FloatArray, IndexArray
from ctre.kernels import Loss
from ctre.kernels.functions import Targets
from ctre.tree_file import Branch, require

_CONSTANT = 2.0**-40
"""Targets whose spread is at most so much of their mean do not vary, but for rounding."""


class Task(Protocol):
    """What a fit is for; `of` learns it from the targets of its rows."""

    kind: ClassVar[str]
    """Its name in files."""
    loss: ClassVar[Loss]
    """What training lowers."""
    metric: ClassVar[str]
    """Name of what `score` computes."""

    @classmethod
    def of(
        cls, y: NDArray[Any], train_rows: IndexArray, sample_weight: FloatArray | None = None
    ) -> Self:
        """Learn the task from targets (n_rows,) or (n_rows, n_outputs).

        Names are taken from all rows, what is measured from those that are trained on.

        Raises
        ------
        InvalidDataError
            If they cannot be learned.
        """
        ...

    @staticmethod
    def strata(y: NDArray[Any]) -> NDArray[Any] | None:
        """Give the groups (n_rows,) whose shares a split should keep; None if there are none."""
        ...

    @property
    def n_outputs(self) -> int:
        """Neurons of the output layer."""
        ...

    def encode(self, y: Any) -> Targets:
        """Turn targets into what the loss takes.

        Raises
        ------
        InvalidDataError
            If one cannot be, such as a class that was not trained on.
        """
        ...

    def decode(self, scores: FloatArray) -> NDArray[Any]:
        """Turn scores (n_rows, n_outputs) of the network into predictions (n_rows, …)."""
        ...

    def score(self, scores: FloatArray, targets: Targets, sample_weight: Any = None) -> float:
        """Compute the metric of some rows; higher is better."""
        ...

    def stored(self) -> dict[str, Any]:
        """Give what a file has to hold: plain values and arrays of numbers, see `restored`.

        Raises
        ------
        InvalidDataError
            If no file can hold it.
        """
        ...

    @classmethod
    def restored(cls, stored: Branch, n_outputs: int) -> Self:
        """Make a task with so many outputs of what `stored` gave, and believe nothing of it.

        Raises
        ------
        InvalidDataError
            If it is no such thing.
        """
        ...


def target_shape(task: Task) -> tuple[int, ...]:
    """Tell what follows the number of rows in the shape of a task's targets."""
    return task.decode(np.zeros((1, task.n_outputs), dtype=np.float32)).shape[1:]


@dataclass(frozen=True, eq=False)
class Regression:
    """A number, or several, for every row; learned in units of its own spread.

    Parameters
    ----------
    shift, factor : float64 arrays of shape (n_outputs,)
        A target is learned as ``(y - shift) / factor``, in the unit of ``y`` both.
    is_flat : bool
        Whether targets have the shape (n_rows,).
    """

    kind: ClassVar[str] = "regression"
    loss: ClassVar[Loss] = "squared_error"
    metric: ClassVar[str] = "R²"

    shift: DoubleArray
    factor: DoubleArray
    is_flat: bool

    @classmethod
    def of(
        cls, y: NDArray[Any], train_rows: IndexArray, sample_weight: FloatArray | None = None
    ) -> Self:
        """Measure mean and standard deviation of the targets (n_rows,) or (n_rows, n_outputs).

        An output that does not vary is only shifted.
        """
        values = _as_columns(y)[train_rows]
        weight = None if sample_weight is None else np.float64(sample_weight[train_rows])
        shift = np.average(values, axis=0, weights=weight)
        off = values - shift
        largest = np.abs(off).max(axis=0)  # squares of these neither overflow nor vanish
        unit = np.where(largest > 0, largest, 1.0)
        spread = unit * np.sqrt(np.average((off / unit) ** 2, axis=0, weights=weight))
        varies = spread > _CONSTANT * np.abs(shift)
        return cls(shift, np.where(varies, spread, 1.0), y.ndim == 1)

    @staticmethod
    def strata(y: NDArray[Any]) -> None:
        """Keep no shares: numbers have no groups."""

    @property
    def n_outputs(self) -> int:
        """One for each column of the targets."""
        return len(self.shift)

    def encode(self, y: Any) -> Targets:
        """Standardise numbers (n_rows,) or (n_rows, n_outputs)."""
        scaled = (_as_columns(y) - self.shift) / self.factor
        return np.ascontiguousarray(scaled, dtype=np.float32)

    def decode(self, scores: FloatArray) -> DoubleArray:
        """Give the numbers, in their own unit and shape."""
        values: DoubleArray = scores.astype(np.float64) * self.factor + self.shift
        return values[:, 0] if self.is_flat else values

    def score(self, scores: FloatArray, targets: Targets, sample_weight: Any = None) -> float:
        """Compute the share of the variance explained, mean over the outputs, at most 1.

        It is 0 for an output that does not vary.
        """
        wanted = np.asarray(targets, np.float64)
        centre = np.average(wanted, axis=0, weights=sample_weight)
        unexplained = np.average((wanted - scores) ** 2, axis=0, weights=sample_weight)
        variance = np.average((wanted - centre) ** 2, axis=0, weights=sample_weight)
        share = np.zeros_like(variance)
        np.divide(unexplained, variance, out=share, where=variance > 0)
        return float(np.mean(np.where(variance > 0, 1 - share, 0.0)))

    def stored(self) -> dict[str, Any]:
        """Give the units of the targets."""
        return {"shift": self.shift, "factor": self.factor, "is_flat": self.is_flat}

    @classmethod
    def restored(cls, stored: Branch, n_outputs: int) -> Self:
        """Take the units of the targets."""
        shift, factor = (
            stored.array(name, np.float64, (n_outputs,)) for name in ("shift", "factor")
        )
        is_flat = stored.boolean("is_flat")
        require(n_outputs == 1 or not is_flat, f"{n_outputs} outputs have no flat targets.")
        return cls(shift, factor, is_flat)


def _as_columns(y: Any) -> DoubleArray:
    values = np.asarray(y, dtype=np.float64)
    return values[:, None] if values.ndim == 1 else values
