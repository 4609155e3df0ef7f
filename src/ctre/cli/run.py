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
from ctre.training import Callback, Checkpoint, FitState


@dataclass(frozen=True, eq=False)
class Run:
    """A training that has ended."""

    dataset: Dataset
    """Unscaled, with test rows."""
    protocol: str
    estimator: SparseMLPClassifier
    seconds: float
    """Wall-clock time of fit; of what was done before an interruption, the epochs."""
    test_accuracy: float

    @property
    def degrees(self) -> NDArray[np.int32]:
        """Connections leaving each input neuron, shape (n_features,)."""
        return self.estimator.network_.layers[0].topology.out_degrees


class _Beginning(Callback):
    """Remembers how many epochs were done when the fit began, or went on."""

    n_epochs_done = 0

    def on_fit_begin(self, state: FitState) -> None:
        self.n_epochs_done = state.n_epochs_done


def fit_and_test(
    dataset: Dataset,
    protocol: str,
    keywords: Mapping[str, Any],
    checkpoint: Checkpoint | None = None,
) -> Run:
    """Train and test.

    Parameters
    ----------
    dataset : Dataset
        With test rows.
    protocol : str
        Name of the table of settings that ``keywords`` take precedence over.
    keywords : mapping
        Keywords of the estimator.
    checkpoint : Checkpoint, optional
        Where the training is kept, and from where it goes on.

    Raises
    ------
    InvalidDataError
        If the labels are no classes.
    CTREError
        If the data and the keywords do not go together.
    """
    check_classes(dataset)
    beginning = _Beginning()
    chosen = {**keywords, "callbacks": (*keywords.get("callbacks", ()), beginning)}
    estimator = SparseMLPClassifier(**keywords_for(dataset, protocol, chosen))
    started = time.perf_counter()
    estimator.fit(dataset.X_train, dataset.y_train, checkpoint=checkpoint)
    seconds = time.perf_counter() - started
    seconds += sum(record.seconds for record in estimator.history_[: beginning.n_epochs_done])
    accuracy = estimator.score(dataset.X_test, dataset.y_test)
    return Run(dataset, protocol, estimator, seconds, float(accuracy))


def keywords_for(dataset: Dataset, protocol: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was chosen, else the protocol's settings; the paper scaled data sets by kind."""
    scaling = {"scaling": dataset.paper_scale} if protocol == "paper" else {}
    return {**PROTOCOLS[protocol], **scaling, **chosen}


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
