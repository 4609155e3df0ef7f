"""Classification in scikit-learn's manner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

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
