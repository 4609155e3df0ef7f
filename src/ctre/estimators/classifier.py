"""Classification in scikit-learn's manner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ctre.errors import InvalidParameterError
from ctre.estimators.base import SparseMLP
from ctre.estimators.parameters import DEFAULTS
from ctre.training import ClassColumns, Classification, ClassTask, LabelSets, Task


@dataclass(repr=False, eq=False, kw_only=True)
class SparseMLPClassifier(ClassifierMixin, SparseMLP):
    """Classify with a multi-layer perceptron that is sparse throughout training.

    The topology of each layer evolves once per epoch: the weakest connections are dropped and as
    many are grown elsewhere, by the rule of ``method``. The number of connections never changes,
    and no dense weight, gradient or mask exists at any time. (Two baselines begin with every
    connection: "dense", and "magnitude", which prunes them.)

    Targets of shape (n_samples,) are classes, learned by softmax. Those of shape (n_samples,
    n_labels), all 0 or 1, are sets of labels; each label has a logistic output of its own. Other
    targets of that shape are columns of classes: each class has a logistic output, one against the
    rest of its column.

    Parameters
    ----------
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weight of each class, with which those of the rows (``sample_weight``) are multiplied, in
        the loss and in the validation score. "balanced" weighs a class by the inverse of its share
        of the rows that weigh anything. Of several columns of targets a list, one for each; their
        weights are multiplied.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of them
        Labels, in the order of the outputs; of label sets their numbers; of columns of classes a
        list with the labels of each.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from ctre import SparseMLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = SparseMLPClassifier((100, 100), epsilon=3, max_iter=20, random_state=0)
    >>> model.fit(X / 16, y).n_connections_
    1422
    """

    class_weight: Any = DEFAULTS["class_weight"]

    learns = (Classification, LabelSets, ClassColumns)

    task_: ClassTask = field(init=False)

    def _task_kind(self, y: NDArray[Any]) -> type[Task]:
        check_classification_targets(y)
        if y.ndim == 1:
            return Classification
        is_indicator = type_of_target(y) == "multilabel-indicator"
        return LabelSets if is_indicator and np.isin(y, (0, 1)).all() else ClassColumns

    def _targets(self, y: Any) -> NDArray[Any]:
        values: NDArray[Any] = y.toarray() if issparse(y) else y
        return column_or_1d(values, warn=True) if values.shape[1:] in ((), (1,)) else values

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: Any = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train on a piece of a stream: one pass over its rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features, as for fit.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        classes : array-like of shape (n_classes,), or list of them
            All labels that the stream will have; of columns of classes those of each. Needed on the
            first call, and not for label sets.
        sample_weight : array-like of shape (n_samples,), optional
            Weight of each row in the loss; at least 0.

        Returns
        -------
        SparseMLPClassifier
            Itself.

        Raises
        ------
        InvalidParameterError, UnknownNameError
            If a parameter of the estimator cannot be what it is: among them early stopping and
            methods that prune along the run.
        InvalidDataError, ValueError
            If the data cannot be trained on.
        TrainingDivergedError
            If the loss stops being finite.

        Notes
        -----
        A stream has no end, so the learning rate and the drop fraction stay where their schedules
        begin, and ``max_iter`` and the validation rows have no say. The first call learns the
        scaling of the columns. It also says what a pass is: the topology
        is updated whenever ``update_interval`` times as many samples as it had have gone by, by
        the evidence of the rows of the call that this happens in. So calls of some hundred rows
        are better than single rows.

        After fit, training goes on with its network; the memory of the optimizer is kept from call
        to call, and from a fit with ``warm_start``.
        """

        def first_task(y: NDArray[Any], train_rows: Any, sample_weight: Any) -> Task:
            kind = self._task_kind(y)
            if kind is LabelSets:
                return LabelSets.of(y, train_rows, sample_weight)
            if classes is None:
                raise InvalidParameterError(
                    "classes must be passed on the first call to partial_fit: all labels that the "
                    "stream will have."
                )
            columns = [classes] if kind is Classification else list(classes)
            if len(columns) != (1 if y.ndim == 1 else y.shape[1]) or not all(map(np.ndim, columns)):
                what = "a list of labels" if y.ndim == 1 else f"{y.shape[1]} lists of labels"
                raise InvalidParameterError(
                    f"classes must be {what}, those of each column of y, got {classes!r}."
                )
            if kind is Classification:
                return Classification.of(np.asarray(classes), train_rows)
            return ClassColumns(
                tuple(Classification.of(np.asarray(own), train_rows) for own in classes)
            )

        if classes is not None and self.__sklearn_is_fitted__():
            self._require_same(classes)
        return self._partial_fit(X, y, sample_weight, first_task)

    def _require_same(self, classes: Any) -> None:
        known = self.classes_
        pairs = zip(classes, known, strict=False) if isinstance(known, list) else [(classes, known)]
        if not all(np.array_equal(np.unique(given), own) for given, own in pairs):
            raise InvalidParameterError(
                f"classes must be those of the first call, {known}, got {classes}."
            )

    def predict_proba(self, X: ArrayLike) -> Any:
        """Give the probability of every class, or of every label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for fit.

        Returns
        -------
        float64 array of shape (n_samples, n_classes), or list of them
            Columns in the order of ``classes_``. Rows sum to 1, but for label sets. Of columns of
            classes one array for each.
        """
        scores = self._scores(X)
        return self.task_.probabilities(scores)

    def predict_log_proba(self, X: ArrayLike) -> Any:
        """Give the logarithm of every probability; finite also where that is rounded to 0.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for fit.

        Returns
        -------
        float64 array of shape (n_samples, n_classes), or list of them
            As `predict_proba` gives.
        """
        scores = self._scores(X)
        return self.task_.log_probabilities(scores)

    def decision_function(self, X: ArrayLike) -> Any:
        """Give the scores that predictions are made of: the input sums of the output layer.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for fit.

        Returns
        -------
        float64 array of shape (n_samples,) or (n_samples, n_classes), or list of them
            Of two classes the log-odds of the second; of label sets those of each label; of columns
            of classes one array for each.
        """
        scores = self._scores(X)
        return self.task_.decision(scores)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the share of rows whose targets are all predicted right.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for fit.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What is right.
        sample_weight : array-like of shape (n_samples,), optional
            Weight of each row.

        Returns
        -------
        float
            Accuracy, in [0, 1] (dimensionless).
        """
        check_is_fitted(self)
        if isinstance(self.task_, ClassColumns):  # scikit-learn's accuracy knows no such targets
            is_right = (self.predict(X) == np.asarray(y)).all(axis=1)
            return float(np.average(is_right, weights=sample_weight))
        return float(super().score(X, y, sample_weight))

    @property
    def classes_(self) -> Any:
        """Labels, in the order of the outputs."""
        return self.task_.classes
