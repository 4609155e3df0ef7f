"""One training, from data to a tested model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.cli.data import Opened
from ctre.cli.scores import ClassScores, NumberScores, Scores
from ctre.datasets import Dataset
from ctre.estimators import PROTOCOLS, SparseMLPClassifier, SparseMLPRegressor
from ctre.estimators.base import SparseMLP
from ctre.tables import scaling_for_features, table_pipeline
from ctre.training import Callback, Checkpoint, FitState


@dataclass(frozen=True, eq=False)
class Run:
    """A training that has ended."""

    opened: Opened
    """What was trained on, and what for."""
    protocol: str
    estimator: SparseMLP
    seconds: float
    """Wall-clock time of fit; of what was done before an interruption, the epochs."""
    predicted: NDArray[Any]
    """What it says of the test rows."""
    scores: Scores

    @property
    def dataset(self) -> Dataset:
        """Unscaled, with test rows."""
        return self.opened.dataset

    @property
    def model(self) -> Any:
        """What predicts rows as they come: the estimator, behind the encoder of a table."""
        encoder = self.opened.encoder
        return self.estimator if encoder is None else table_pipeline(encoder, self.estimator)

    @property
    def input_names(self) -> tuple[str, ...] | None:
        """What the inputs are called: the columns that a table keeps, else the features."""
        encoder = self.opened.encoder
        return self.dataset.feature_names if encoder is None else encoder.used_columns

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """What the columns of the data are called, all of them."""
        encoder = self.opened.encoder
        if encoder is None:
            return self.dataset.feature_names
        return tuple(encoder.columns_) if hasattr(encoder, "feature_names_in_") else None

    @property
    def degrees(self) -> NDArray[np.int32]:
        """Connections leaving each input, shape (n_inputs,)."""
        return self._by_input(self.estimator.network_.layers[0].topology.out_degrees)

    @property
    def importances(self) -> DoubleArray:
        """Strength of each input, shape (n_inputs,)."""
        return self._by_input(self.estimator.feature_importances_)

    def _by_input(self, values: NDArray[Any]) -> NDArray[Any]:
        encoder = self.opened.encoder
        if encoder is None:
            return values
        by_column = encoder.by_column(values)
        return np.array([by_column[name] for name in encoder.used_columns], dtype=values.dtype)


class _Beginning(Callback):
    """Remembers how many epochs were done when the fit began, or went on."""

    n_epochs_done = 0

    def on_fit_begin(self, state: FitState) -> None:
        self.n_epochs_done = state.n_epochs_done


def fit_and_test(
    opened: Opened,
    protocol: str,
    keywords: Mapping[str, Any],
    checkpoint: Checkpoint | None = None,
) -> Run:
    """Train and test.

    Parameters
    ----------
    opened : Opened
        With test rows.
    protocol : str
        Name of the table of settings that ``keywords`` take precedence over.
    keywords : mapping
        Keywords of the estimator.
    checkpoint : Checkpoint, optional
        Where the training is kept, and from where it goes on.

    Raises
    ------
    CTREError
        If the data and the keywords do not go together.
    """
    dataset, is_regression = opened.dataset, opened.task.is_regression
    kind = SparseMLPRegressor if is_regression else SparseMLPClassifier
    beginning = _Beginning()
    chosen = {**keywords, "callbacks": (*keywords.get("callbacks", ()), beginning)}
    estimator = kind(**keywords_for(opened, protocol, chosen))
    started = time.perf_counter()
    estimator.fit(dataset.X_train, dataset.y_train, checkpoint=checkpoint)
    seconds = time.perf_counter() - started
    seconds += sum(record.seconds for record in estimator.history_[: beginning.n_epochs_done])
    assert dataset.X_test is not None
    assert dataset.y_test is not None
    predicted = estimator.predict(dataset.X_test)
    scores: Scores = (
        NumberScores.of(dataset.y_test, predicted)
        if is_regression
        else ClassScores.of(dataset.y_test, predicted, dataset.y_train)
    )
    return Run(opened, protocol, estimator, seconds, predicted, scores)


def keywords_for(opened: Opened, protocol: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was chosen, else the protocol's settings; the paper scaled data sets by kind."""
    scaling = {"scaling": opened.dataset.paper_scale} if protocol == "paper" else {}
    keywords = {**PROTOCOLS[protocol], **scaling, **chosen}
    if opened.encoder is not None:
        keywords["scaling"] = scaling_for_features(keywords["scaling"])
    return keywords
