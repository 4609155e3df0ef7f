"""From a saved model and unscaled rows to predictions in a file."""

from __future__ import annotations

import csv
import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.datasets import LabelledTable, labels_like
from ctre.errors import InvalidDataError
from ctre.persistence import SavedModel


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of some rows."""

    classes: NDArray[Any]
    """(n_classes,)"""
    labels: NDArray[Any]
    """(n_rows,) the most probable class of each row."""
    probabilities: DoubleArray
    """(n_rows, n_classes)"""
    accuracy: float | None
    """Share predicted right of the rows with a label; None where there is none."""
    n_labelled: int
    """Rows with a label."""

    def as_csv(self) -> str:
        """Write a line for each row, counted from 1; probabilities to six digits."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["row", "prediction", *(f"probability_{name}" for name in self.classes)])
        for row, (label, shares) in enumerate(zip(self.labels, self.probabilities, strict=True), 1):
            table.writerow([row, label, *(f"{share:.6g}" for share in shares)])
        return text.getvalue()

    def as_npz(self) -> bytes:
        """Pack the arrays ``prediction``, ``probability`` and ``classes``."""
        data = io.BytesIO()
        np.savez_compressed(
            data,
            prediction=_plain(self.labels),
            probability=self.probabilities,
            classes=_plain(self.classes),
        )
        return data.getvalue()


def predict_samples(saved: SavedModel, samples: LabelledTable) -> Predictions:
    """Predict the rows.

    Raises
    ------
    InvalidDataError
        If their columns are not those the model was trained on.
    """
    estimator, X = saved.estimator, samples.X
    _check_columns(saved, samples)
    labels = estimator.predict(X)
    accuracy, n_labelled = None, 0
    if samples.y is not None:
        truth = labels_like(samples.y, estimator.classes_)
        _warn_of_unknown_labels(truth, estimator.classes_)
        told = labels if samples.has_label is None else labels[samples.has_label]
        accuracy, n_labelled = float(np.mean(told == truth)), len(truth)
    return Predictions(estimator.classes_, labels, estimator.predict_proba(X), accuracy, n_labelled)


def _check_columns(saved: SavedModel, samples: LabelledTable) -> None:
    expected, got = saved.estimator.n_features_in_, samples.X.shape[1]
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


def _warn_of_unknown_labels(labels: NDArray[Any], classes: NDArray[Any]) -> None:
    unknown = set(labels.tolist()) - set(classes.tolist())
    if unknown:
        shown = ", ".join(sorted(map(str, unknown))[:5])
        warnings.warn(
            f"Some labels of the data are no classes of the model: {shown}. Their rows count as "
            "wrong.",
            stacklevel=3,
        )


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    """Give labels a dtype that needs no pickle."""
    return labels.astype(str) if labels.dtype == object else labels
