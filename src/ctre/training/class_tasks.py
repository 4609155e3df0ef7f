"""What is learned where targets are classes or labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_softmax, softmax

from ctre._typing import DoubleArray, FloatArray, IndexArray
from ctre.errors import InvalidDataError
from ctre.kernels import Loss
from ctre.kernels.functions import Targets
from ctre.training.stored_labels import restored_labels, stored_labels
from ctre.training.task import Task
from ctre.tree_file import Branch, require

PerClass: TypeAlias = DoubleArray | list[DoubleArray]
"""(n_rows, n_classes), or one such array for each column of the targets."""


class ClassTask(Task, Protocol):
    """A task whose scores say how probable something is."""

    @property
    def classes(self) -> NDArray[Any] | list[NDArray[Any]]:
        """What the columns of `probabilities` are, shaped as scikit-learn does."""
        ...

    @property
    def labels(self) -> list[NDArray[Any]]:
        """What may stand in every column of the targets."""
        ...

    def probabilities(self, scores: FloatArray) -> PerClass:
        """Give the probability of every class."""
        ...

    def log_probabilities(self, scores: FloatArray) -> PerClass:
        """Give its logarithm, which is finite also where the probability is rounded to 0."""
        ...

    def decision(self, scores: FloatArray) -> PerClass:
        """Give what is compared where a prediction is made; of two classes one number a row."""
        ...


@dataclass(frozen=True, eq=False)
class Classification:
    """One of several classes for every row.

    Parameters
    ----------
    classes : array of shape (n_classes,)
        Labels, sorted; their places are the targets.
    """

    kind: ClassVar[str] = "classification"
    loss: ClassVar[Loss] = "softmax_cross_entropy"
    metric: ClassVar[str] = "accuracy"

    classes: NDArray[Any]

    @classmethod
    def of(
        cls,
        y: NDArray[Any],
        train_rows: IndexArray,  # noqa: ARG003 - the classes of validation rows are known as well
        sample_weight: FloatArray | None = None,
    ) -> Self:
        """Learn the classes from labels (n_rows,).

        Raises
        ------
        InvalidDataError
            If fewer than two occur in rows that weigh anything.
        """
        task = cls(np.unique(y))
        weighed = y if sample_weight is None else y[sample_weight > 0]
        present = np.unique(weighed)
        if len(present) < 2:
            got = f"only one class: {present.tolist()[0]!r}" if len(present) else "no class"
            hint = "" if sample_weight is None else " Rows of weight 0 do not count."
            raise InvalidDataError(f"y must hold at least two classes, got {got}.{hint}")
        return task

    @property
    def labels(self) -> list[NDArray[Any]]:
        """The classes of the only column."""
        return [self.classes]

    @staticmethod
    def strata(y: NDArray[Any]) -> NDArray[Any]:
        """Keep the shares of the classes."""
        return np.unique(y, return_inverse=True)[1]

    @property
    def n_outputs(self) -> int:
        """One for each class."""
        return len(self.classes)

    def encode(self, y: NDArray[Any]) -> Targets:
        """Give the place of every label among the classes."""
        known = set(self.classes.tolist())  # NumPy would compare "1" and 1 as text
        unknown = [label for label in y.tolist() if label not in known]
        if unknown:
            raise InvalidDataError(
                f"The labels must be classes that were trained on, got {unknown[0]!r}, which is "
                "none."
            )
        return np.searchsorted(self.classes, y).astype(np.int32)

    def decode(self, scores: FloatArray) -> NDArray[Any]:
        """Give the label of the highest score, the first one on ties."""
        labels: NDArray[Any] = self.classes[scores.argmax(axis=1)]
        return labels

    def probabilities(self, scores: FloatArray) -> DoubleArray:
        """Give the probabilities (n_rows, n_classes); rows sum to 1."""
        return np.asarray(softmax(scores.astype(np.float64), axis=1))

    def log_probabilities(self, scores: FloatArray) -> DoubleArray:
        """Give their logarithms."""
        return np.asarray(log_softmax(scores.astype(np.float64), axis=1))

    def decision(self, scores: FloatArray) -> DoubleArray:
        """Give the scores; of two classes the log-odds (n_rows,) of the second."""
        values = scores.astype(np.float64)
        return values[:, 1] - values[:, 0] if len(self.classes) == 2 else values

    def score(self, scores: FloatArray, targets: Targets, sample_weight: Any = None) -> float:
        """Compute the share of rows whose class has the highest score, in [0, 1]."""
        return float(np.average(scores.argmax(axis=1) == targets, weights=sample_weight))

    def stored(self) -> dict[str, Any]:
        """Give the labels: numbers as an array, text as a list."""
        return stored_labels(self.classes)

    @classmethod
    def restored(cls, stored: Branch, n_outputs: int) -> Self:
        """Take the labels, which must differ."""
        return cls(restored_labels(stored, n_outputs))


@dataclass(frozen=True)
class LabelSets:
    """Any of several labels for every row, each a target of 0 or 1.

    Parameters
    ----------
    n_outputs : int
        Number of labels.
    """

    kind: ClassVar[str] = "label sets"
    loss: ClassVar[Loss] = "logistic"
    metric: ClassVar[str] = "subset accuracy"

    n_outputs: int

    @classmethod
    def of(
        cls,
        y: NDArray[Any],
        train_rows: IndexArray,  # noqa: ARG003 - nothing is measured
        sample_weight: FloatArray | None = None,  # noqa: ARG003
    ) -> Self:
        """Count the labels of zeros and ones (n_rows, n_outputs)."""
        return cls(y.shape[1])

    @property
    def classes(self) -> NDArray[np.int64]:
        """Numbers of the labels."""
        return np.arange(self.n_outputs)

    @property
    def labels(self) -> list[NDArray[Any]]:
        """No and yes for every label."""
        return [np.array([0, 1])] * self.n_outputs

    @staticmethod
    def strata(y: NDArray[Any]) -> None:
        """Keep no shares: sets of labels are often all different."""

    def encode(self, y: Any) -> Targets:
        """Take zeros and ones (n_rows, n_outputs)."""
        if not np.isin(y, (0, 1)).all():
            raise InvalidDataError(
                "Label sets must be zeros and ones, got "
                f"{np.setdiff1d(np.asarray(y, dtype=np.float64), (0, 1)).tolist()[0]:g}."
            )
        return np.ascontiguousarray(y, dtype=np.float32)

    def decode(self, scores: FloatArray) -> NDArray[np.int64]:
        """Give every label that is more probable than not."""
        return (scores > 0).astype(np.int64)

    def probabilities(self, scores: FloatArray) -> DoubleArray:
        """Give the probability (n_rows, n_outputs) of every label, each for itself."""
        return np.asarray(expit(scores.astype(np.float64)))

    def log_probabilities(self, scores: FloatArray) -> DoubleArray:
        """Give their logarithms."""
        return np.asarray(log_expit(scores.astype(np.float64)))

    def decision(self, scores: FloatArray) -> DoubleArray:
        """Give the log-odds of every label."""
        return scores.astype(np.float64)

    def score(self, scores: FloatArray, targets: Targets, sample_weight: Any = None) -> float:
        """Compute the share of rows whose labels are all right, in [0, 1]."""
        is_right = ((scores > 0) == (targets > 0.5)).all(axis=1)
        return float(np.average(is_right, weights=sample_weight))

    def stored(self) -> dict[str, Any]:
        """Give nothing: the number of outputs says all."""
        return {}

    @classmethod
    def restored(cls, stored: Branch, n_outputs: int) -> Self:  # noqa: ARG003
        """Take the number of outputs."""
        return cls(n_outputs)


@dataclass(frozen=True, eq=False)
class ClassColumns:
    """Several columns of classes, of which every row has one in each.

    Every class has a logistic output, one against the rest of its column; the probabilities of a
    column are normalised.

    Parameters
    ----------
    columns : tuple of Classification
        The classes of each.
    """

    kind: ClassVar[str] = "columns of classes"
    loss: ClassVar[Loss] = "logistic"
    metric: ClassVar[str] = "subset accuracy"

    columns: tuple[Classification, ...]

    @classmethod
    def of(
        cls, y: NDArray[Any], train_rows: IndexArray, sample_weight: FloatArray | None = None
    ) -> Self:
        """Learn the classes of every column of labels (n_rows, n_columns).

        Raises
        ------
        InvalidDataError
            If a column has fewer than two in rows that weigh anything.
        """
        columns = []
        for number, column in enumerate(y.T):
            try:
                columns.append(Classification.of(column, train_rows, sample_weight))
            except InvalidDataError as error:
                raise InvalidDataError(f"Column {number} (from 0) of y: {error}") from None
        return cls(tuple(columns))

    @property
    def classes(self) -> list[NDArray[Any]]:
        """Labels of every column."""
        return [column.classes for column in self.columns]

    @property
    def labels(self) -> list[NDArray[Any]]:
        """The classes of every column."""
        return self.classes

    @staticmethod
    def strata(y: NDArray[Any]) -> None:
        """Keep no shares: combinations of classes are often all different."""

    @property
    def n_outputs(self) -> int:
        """One for each class of each column."""
        return sum(column.n_outputs for column in self.columns)

    def encode(self, y: NDArray[Any]) -> Targets:
        """Give 1 to the class of every column, and 0 to the others."""
        places = [column.encode(own) for column, own in zip(self.columns, y.T, strict=True)]
        one_hot = [
            np.eye(column.n_outputs, dtype=np.float32)[own]
            for column, own in zip(self.columns, places, strict=True)
        ]
        return np.hstack(one_hot)

    def decode(self, scores: FloatArray) -> NDArray[Any]:
        """Give the class (n_rows, n_columns) of the highest score of every column."""
        return np.column_stack([column.decode(own) for column, own in self._parts(scores)])

    def probabilities(self, scores: FloatArray) -> list[DoubleArray]:
        """Give the probabilities (n_rows, n_classes) in every column; rows sum to 1."""
        return [np.exp(logarithms) for logarithms in self.log_probabilities(scores)]

    def log_probabilities(self, scores: FloatArray) -> list[DoubleArray]:
        """Give their logarithms."""
        return [
            np.asarray(log_softmax(log_expit(own.astype(np.float64)), axis=1))
            for _, own in self._parts(scores)
        ]

    def decision(self, scores: FloatArray) -> list[DoubleArray]:
        """Give for every column what `Classification` gives."""
        return [column.decision(own) for column, own in self._parts(scores)]

    def score(self, scores: FloatArray, targets: Targets, sample_weight: Any = None) -> float:
        """Compute the share of rows whose classes are all right, in [0, 1]."""
        pairs = zip(self._parts(scores), self._parts(targets), strict=True)
        is_right = [own.argmax(axis=1) == wanted.argmax(axis=1) for (_, own), (_, wanted) in pairs]
        return float(np.average(np.all(is_right, axis=0), weights=sample_weight))

    def stored(self) -> dict[str, Any]:
        """Give the labels of every column."""
        return {
            "columns": [
                {"n_classes": column.n_outputs, **column.stored()} for column in self.columns
            ]
        }

    @classmethod
    def restored(cls, stored: Branch, n_outputs: int) -> Self:
        """Take the labels of every column; all together are as many as there are outputs."""
        columns = stored.branches("columns")
        task = cls(
            tuple(
                Classification.restored(column, column.integer("n_classes", 1, n_outputs))
                for column in columns
            )
        )
        require(task.n_outputs == n_outputs, f"the classes must be {n_outputs} in all.")
        return task

    def _parts(self, scores: Any) -> Iterator[tuple[Classification, FloatArray]]:
        """Pair every column with the outputs (n_rows, n_classes) of its classes."""
        ends = np.cumsum([column.n_outputs for column in self.columns])
        return zip(self.columns, np.split(scores, ends[:-1], axis=1), strict=True)
