"""From a saved model and rows as they come to predictions in a file."""

from __future__ import annotations

import csv
import difflib
import io
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.cli.scores import NumberScores
from ctre.datasets import LabelledTable, labels_like
from ctre.errors import InvalidDataError
from ctre.persistence import SavedModel
from ctre.tables.encoder import describe_unknown

_FEW = 5  # labels that a warning names


class Predictions(Protocol):
    """What a model says of some rows."""

    @property
    def values(self) -> NDArray[Any]:
        """What is predicted, shape (n_rows,) or (n_rows, n_targets)."""
        ...

    @property
    def n_labelled(self) -> int:
        """Rows whose truth is known."""
        ...

    @property
    def summary(self) -> str | None:
        """How good it is, in words; None where no truth is known."""
        ...

    def as_report(self) -> dict[str, Any]:
        """Give what there is to say beside the predictions, ready for JSON."""
        ...

    def as_csv(self) -> str:
        """Write a line for each row, counted from 1."""
        ...

    def as_npz(self) -> bytes:
        """Pack the arrays."""
        ...


@dataclass(frozen=True, eq=False)
class ClassPredictions:
    """Classes, and how probable each is."""

    classes: NDArray[Any]
    """(n_classes,)"""
    values: NDArray[Any]
    """(n_rows,) the most probable class of each row."""
    probabilities: DoubleArray
    """(n_rows, n_classes)"""
    accuracy: float | None
    """Share predicted right of the rows with a label; None where there is none."""
    n_labelled: int

    @property
    def summary(self) -> str | None:
        """Tell the accuracy."""
        return None if self.accuracy is None else f"Accuracy: {100 * self.accuracy:.1f} %"

    def as_report(self) -> dict[str, Any]:
        """Give accuracy and classes."""
        return {"accuracy": self.accuracy, "classes": self.classes.tolist()}

    def as_csv(self) -> str:
        """Write the predicted class, and the probabilities of all to six digits."""
        shares = ([f"{share:.6g}" for share in row] for row in self.probabilities)
        header = ["prediction", *(f"probability_{name}" for name in self.classes)]
        rows = ([label, *row] for label, row in zip(self.values, shares, strict=True))
        return _csv(header, rows)

    def as_npz(self) -> bytes:
        """Pack ``prediction``, ``probability`` and ``classes``."""
        return _npz(
            prediction=_plain(self.values),
            probability=self.probabilities,
            classes=_plain(self.classes),
        )


@dataclass(frozen=True, eq=False)
class NumberPredictions:
    """Numbers, in the unit of the target."""

    values: DoubleArray
    """(n_rows,)"""
    scores: NumberScores | None
    """None where no truth is known."""
    n_labelled: int

    @property
    def summary(self) -> str | None:
        """Tell R² and the error."""
        if self.scores is None:
            return None
        (_, r2, _), (_, rmse, _) = self.scores.rows()
        return f"R²: {r2}, RMSE: {rmse}"

    def as_report(self) -> dict[str, Any]:
        """Give R² and the error."""
        scores = self.scores
        known = {} if scores is None else scores.as_report()
        return {"r2": known.get("test_r2"), "rmse": known.get("test_rmse")}

    def as_csv(self) -> str:
        """Write the predicted number, to nine digits."""
        return _csv(["prediction"], ([f"{value:.9g}"] for value in self.values))

    def as_npz(self) -> bytes:
        """Pack ``prediction``."""
        return _npz(prediction=self.values)


@dataclass(frozen=True, eq=False)
class SeveralPredictions:
    """Several targets of every row, numbered from 0; no file holds their truth."""

    values: NDArray[Any]
    """(n_rows, n_targets)"""
    probabilities: Mapping[str, DoubleArray]
    """By name, that of every label or class, (n_rows,); of numbers there are none."""
    n_labelled: int = 0
    summary: str | None = None

    @classmethod
    def of(cls, network: Any, X: Any) -> SeveralPredictions:
        """Predict rows with a model of such targets."""
        if not hasattr(network, "predict_proba"):
            return cls(network.predict(X), {})
        classes, shares = network.classes_, network.predict_proba(X)
        if not isinstance(shares, list):
            named = zip(classes.tolist(), shares.T, strict=True)
            return cls(network.predict(X), {str(name): share for name, share in named})
        return cls(
            network.predict(X),
            {
                f"{target}_{name}": share
                for target, (own, columns) in enumerate(zip(classes, shares, strict=True))
                for name, share in zip(own.tolist(), columns.T, strict=True)
            },
        )

    def as_report(self) -> dict[str, Any]:
        """Give the number of targets."""
        return {"n_targets": self.values.shape[1]}

    def as_csv(self) -> str:
        """Write what is predicted of every target, and all probabilities."""
        is_number = self.values.dtype.kind == "f"
        header = [f"prediction_{target}" for target in range(self.values.shape[1])]
        header += [f"probability_{name}" for name in self.probabilities]
        shares = list(zip(*self.probabilities.values(), strict=True)) or [()] * len(self.values)
        rows = (
            [*(f"{value:.9g}" if is_number else value for value in row)]
            + [f"{share:.6g}" for share in own]
            for row, own in zip(self.values.tolist(), shares, strict=True)
        )
        return _csv(header, rows)

    def as_npz(self) -> bytes:
        """Pack ``prediction`` and, of labels and classes, ``probability`` and ``names``."""
        if not self.probabilities:
            return _npz(prediction=self.values)
        return _npz(
            prediction=_plain(self.values),
            probability=np.column_stack(list(self.probabilities.values())),
            names=np.array(list(self.probabilities)),
        )


def predict_samples(
    saved: SavedModel, samples: LabelledTable
) -> tuple[Predictions, Mapping[str, Mapping[str, int]]]:
    """Predict the rows.

    Returns
    -------
    predictions : Predictions
        Of all rows.
    unknown : mapping of str to mapping of str to int
        By column, how many rows hold each category that the model does not know; a warning says
        it too.

    Raises
    ------
    InvalidDataError
        If their columns are not those the model was trained on.
    """
    X = samples.X
    unknown: dict[str, dict[str, int]] = {}
    _check_columns(saved, samples)
    if saved.encoder is not None:
        X, unknown = saved.encoder.encode(X)
        if unknown:
            warnings.warn(describe_unknown(unknown), stacklevel=2)
    network = saved.network
    if saved.has_several_targets:
        return SeveralPredictions.of(network, X), unknown
    values = network.predict(X)
    told = values if samples.has_label is None else values[samples.has_label]
    n_labelled = 0 if samples.y is None else len(samples.y)
    if saved.is_regression:
        scores = None
        if samples.y is not None:
            scores = NumberScores.of(_as_numbers(samples.y), told)
        return NumberPredictions(values, scores, n_labelled), unknown
    accuracy = None
    if samples.y is not None:
        truth = labels_like(samples.y, network.classes_)
        _warn_of_unknown_labels(truth, network.classes_)
        accuracy = float(np.mean(told == truth))
    probabilities = network.predict_proba(X)
    return ClassPredictions(network.classes_, values, probabilities, accuracy, n_labelled), unknown


def _check_columns(saved: SavedModel, samples: LabelledTable) -> None:
    if saved.encoder is not None:  # it finds its columns by name
        return
    expected, got = saved.network.n_features_in_, samples.X.shape[1]
    if got != expected:
        raise InvalidDataError(
            f"The data must have the {expected} columns that the model was trained on, got {got}."
        )
    if saved.feature_names is None or samples.feature_names is None:
        return
    pairs = zip(saved.feature_names, samples.feature_names, strict=True)
    for place, (trained, given) in enumerate(pairs, start=1):
        if trained != given:
            raise InvalidDataError(
                f"The data must have the columns that the model was trained on, in the same "
                f"order: column {place} must be {trained!r}, got {given!r}."
            )


def _as_numbers(labels: NDArray[Any]) -> DoubleArray:
    if labels.dtype.kind not in "iuf":
        raise InvalidDataError(
            f"The model predicts numbers, and the labels must be numbers too, got "
            f"{str(labels[0])!r}."
        )
    return labels.astype(np.float64)


def _warn_of_unknown_labels(labels: NDArray[Any], classes: NDArray[Any]) -> None:
    """Name labels that training never saw, each beside the class that is spelled most like it."""
    known, distinct = set(classes.tolist()), Counter(labels.tolist())
    unknown = [(label, n_rows) for label, n_rows in distinct.most_common() if label not in known]
    if not unknown:
        return
    spellings = {str(label).casefold(): label for label in classes.tolist()}
    shown = []
    for label, n_rows in unknown[:_FEW]:
        near = difflib.get_close_matches(str(label).casefold(), spellings, n=1)
        but = f", where the model has {spellings[near[0]]!r}" if near else ""
        shown.append(f"{label!r} ({n_rows} {'row' if n_rows == 1 else 'rows'}{but})")
    more = f", and {len(unknown) - _FEW} more" if len(unknown) > _FEW else ""
    warnings.warn(
        f"Labels of the data that are no classes of the model: {', '.join(shown)}{more}. Labels "
        "are compared as they are spelled, so these rows count as wrong.",
        stacklevel=3,
    )


def _csv(header: list[str], rows: Iterable[list[Any]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["row", *header])
    table.writerows([number, *row] for number, row in enumerate(rows, 1))
    return text.getvalue()


def _npz(**arrays: NDArray[Any]) -> bytes:
    data = io.BytesIO()
    content: Mapping[str, Any] = arrays
    np.savez_compressed(data, **content)
    return data.getvalue()


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    """Give labels a dtype that needs no pickle."""
    return labels.astype(str) if labels.dtype == object else labels
