"""One training, from data to a tested model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets import Dataset, Scaling
from ctre.errors import InvalidDataError
from ctre.estimators import PROTOCOLS, SparseMLPClassifier


@dataclass(frozen=True, eq=False)
class Run:
    """A training that has ended."""

    dataset: Dataset
    """Unscaled, with test rows."""
    protocol: str
    scaling: Scaling
    estimator: SparseMLPClassifier
    seconds: float
    """Wall-clock time of fit."""
    test_accuracy: float

    @property
    def degrees(self) -> NDArray[np.int32]:
        """Connections leaving each input neuron, shape (n_features,)."""
        return self.estimator.network_.layers[0].topology.out_degrees


def fit_and_test(
    dataset: Dataset, protocol: str, scale: str | None, keywords: Mapping[str, Any]
) -> Run:
    """Scale, train and test.

    Parameters
    ----------
    dataset : Dataset
        Unscaled, with test rows.
    protocol : str
        Name of the table of settings that ``keywords`` take precedence over.
    scale : str or None
        Name of a scaling; None for the one that suits the data, or the paper's.
    keywords : mapping
        Keywords of the estimator.

    Raises
    ------
    InvalidDataError
        If the labels are no classes.
    CTREError
        If the data, the scaling and the keywords do not go together.
    """
    check_classes(dataset)
    if protocol == "paper":
        dataset = dataset.for_paper()
    scaling = Scaling.fit(scale or dataset.scale, dataset.X_train)
    estimator = SparseMLPClassifier(**{**PROTOCOLS[protocol], **keywords})
    X_train = scaling.apply(dataset.X_train)
    started = time.perf_counter()
    estimator.fit(X_train, dataset.y_train)
    seconds = time.perf_counter() - started
    assert dataset.X_test is not None
    accuracy = estimator.score(scaling.apply(dataset.X_test), dataset.y_test)
    return Run(dataset, protocol, scaling, estimator, seconds, float(accuracy))


def check_classes(dataset: Dataset) -> None:
    """See that the labels are classes.

    Raises
    ------
    InvalidDataError
        If they are measurements.
    """
    if dataset.y_train.dtype.kind == "f":
        raise InvalidDataError(
            f"Labels must be classes (whole numbers or text), got measurements such as "
            f"{dataset.y_train[0]}."
        )
