"""One training, from data to a tested model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets import Dataset
from ctre.errors import InvalidDataError
from ctre.estimators import PROTOCOLS, SparseMLPClassifier


@dataclass(frozen=True, eq=False)
class Run:
    """A training that has ended."""

    dataset: Dataset
    """Unscaled, with test rows."""
    protocol: str
    estimator: SparseMLPClassifier
    seconds: float
    """Wall-clock time of fit."""
    test_accuracy: float

    @property
    def degrees(self) -> NDArray[np.int32]:
        """Connections leaving each input neuron, shape (n_features,)."""
        return self.estimator.network_.layers[0].topology.out_degrees


def fit_and_test(dataset: Dataset, protocol: str, keywords: Mapping[str, Any]) -> Run:
    """Train and test.

    Parameters
    ----------
    dataset : Dataset
        With test rows.
    protocol : str
        Name of the table of settings that ``keywords`` take precedence over.
    keywords : mapping
        Keywords of the estimator.

    Raises
    ------
    InvalidDataError
        If the labels are no classes.
    CTREError
        If the data and the keywords do not go together.
    """
    check_classes(dataset)
    estimator = SparseMLPClassifier(**keywords_for(dataset, protocol, keywords))
    started = time.perf_counter()
    estimator.fit(dataset.X_train, dataset.y_train)
    seconds = time.perf_counter() - started
    accuracy = estimator.score(dataset.X_test, dataset.y_test)
    return Run(dataset, protocol, estimator, seconds, float(accuracy))


def keywords_for(dataset: Dataset, protocol: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was chosen, else the scaling that suits the data, else the protocol's settings."""
    scaling = dataset.paper_scale if protocol == "paper" else dataset.scale
    return {**PROTOCOLS[protocol], "scaling": scaling, **chosen}


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
