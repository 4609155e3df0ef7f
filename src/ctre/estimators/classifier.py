"""Classification in scikit-learn's manner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ctre._typing import DoubleArray
from ctre.estimators.base import SparseMLP
from ctre.kernels.functions import output
from ctre.training import Classification, LabelSets, Task


@dataclass(repr=False, eq=False)
class SparseMLPClassifier(ClassifierMixin, SparseMLP):
    """Classify with a multi-layer perceptron that is sparse throughout training.

    The topology of each layer evolves once per epoch: the weakest connections are dropped and as
    many are grown elsewhere, by the rule of ``method``. The number of connections never changes,
    and no dense weight, gradient or mask exists at any time. (Two baselines begin with every
    connection: "dense", and "magnitude", which prunes them.)

    Targets of shape (n_samples,) are classes. Those of shape (n_samples, n_labels), all 0 or 1, are
    sets of labels; each label has a logistic output of its own.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, in the order of the outputs; of label sets their numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from ctre import SparseMLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = SparseMLPClassifier((100, 100), epsilon=3, max_iter=20, random_state=0)
    >>> model.fit(X / 16, y).n_connections_
    1422
    """

    learns = (Classification, LabelSets)

    task_: Classification | LabelSets = field(init=False)

    def _task_kind(self, y: NDArray[Any]) -> type[Task]:
        check_classification_targets(y)
        return Classification if y.ndim == 1 else LabelSets

    def _targets(self, y: Any) -> NDArray[Any]:
        values: NDArray[Any] = y.toarray() if issparse(y) else y
        return column_or_1d(values, warn=True) if values.shape[1:] in ((), (1,)) else values

    def predict_proba(self, X: ArrayLike) -> DoubleArray:
        """Give the probability of every class, or of every label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for fit.

        Returns
        -------
        float64 array of shape (n_samples, n_classes)
            Rows sum to 1, unless several labels may be right; columns in the order of ``classes_``.
        """
        scores = self._scores(X)
        return output(self.network_.loss, scores)

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels, in the order of the outputs; of label sets their numbers."""
        return self.task_.classes
