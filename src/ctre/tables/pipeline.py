"""From a table to predictions: the encoder and an estimator in one of scikit-learn's pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ctre.errors import InvalidParameterError
from ctre.tables.encoder import TableEncoder


def make_table_pipeline(
    estimator: Any = None,
    *,
    min_frequency: int = 5,
    kinds: Mapping[str, str] | None = None,
) -> Pipeline:
    """Make a pipeline that learns from a table as it comes.

    Numbers, categories, booleans, dates and missing values are encoded by a `TableEncoder`; what
    says nothing is dropped. ``pipeline[0].columns_`` tells what became of every column, and
    `column_importances` how much the network makes of it.

    Parameters
    ----------
    estimator : estimator, optional
        Learns from the encoded rows; by default ``SparseMLPClassifier()``, for numbers to predict
        pass a ``SparseMLPRegressor``. One whose ``scaling`` is "auto" is copied with "anchored":
        features of 0 and 1 are no counts of words.
    min_frequency : int, default=5
        Categories of fewer training rows go together.
    kinds : mapping of str to str, optional
        What columns are, by name, where that is not what they look like, see `TableEncoder`.

    Returns
    -------
    sklearn.pipeline.Pipeline
        With the steps "table" and "network", not fitted.

    Examples
    --------
    >>> import pandas as pd
    >>> from ctre import SparseMLPClassifier, make_table_pipeline
    >>> ports = ["Oslo", "Rome", "Oslo", "Bergen"] * 9
    >>> table = pd.DataFrame({"age": [31, None, 42, 18] * 9, "port": ports})
    >>> model = make_table_pipeline(SparseMLPClassifier((20, 20), random_state=0))
    >>> model.fit(table, [0, 1, 0, 1] * 9).score(table, [0, 1, 0, 1] * 9)
    1.0
    """
    if estimator is None:
        from ctre.estimators import SparseMLPClassifier

        estimator = SparseMLPClassifier()
    scaling = getattr(estimator, "scaling", None)
    if scaling != (suited := scaling_for_features(scaling)):
        estimator = clone(estimator).set_params(scaling=suited)
    encoder = TableEncoder(min_frequency=min_frequency, kinds=kinds)
    return table_pipeline(encoder, estimator)


def scaling_for_features(name: Any) -> Any:
    """Give a scaling's name as it has to be behind an encoder.

    "auto" must be "anchored" there: sparse features of 0 and 1 would pass for counts of words.
    """
    return "anchored" if name == "auto" else name


def table_pipeline(encoder: TableEncoder, estimator: Any) -> Pipeline:
    """Join the two steps as they are, fitted or not."""
    return Pipeline([("table", encoder), ("network", estimator)])


def column_importances(pipeline: Pipeline) -> dict[str, float]:
    """Tell how much a fitted pipeline makes of every column of its table.

    Parameters
    ----------
    pipeline : Pipeline
        As `make_table_pipeline` makes it, fitted, its estimator with ``feature_importances_``.

    Returns
    -------
    dict of str to float
        By name, in the order of the table, the sum over the features of a column; columns that were
        dropped have 0. The values sum to 1.

    Raises
    ------
    InvalidParameterError
        If it is no such pipeline.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    encoder = pipeline[0] if isinstance(pipeline, Pipeline) else None
    if not isinstance(encoder, TableEncoder):
        raise InvalidParameterError(
            "pipeline must be one of make_table_pipeline, beginning with a TableEncoder, got "
            f"{type(pipeline).__name__}."
        )
    check_is_fitted(pipeline)
    return encoder.by_column(pipeline[-1].feature_importances_)
