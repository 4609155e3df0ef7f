"""Regression in scikit-learn's manner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from ctre.estimators.base import SparseMLP
from ctre.training import Regression, Task


class SparseMLPRegressor(RegressorMixin, SparseMLP):
    """Predict numbers with a multi-layer perceptron that is sparse throughout training.

    What `SparseMLPClassifier` is for classes: the topology of each layer evolves once per epoch.
    The squared error is lowered. Targets are standardised inside, by mean and standard deviation of
    the rows that are trained on, so that their unit does not matter; predictions come in it.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from ctre import SparseMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = SparseMLPRegressor((100,), epsilon=3, max_iter=20, random_state=0)
    >>> round(model.fit(X[:400], y[:400]).score(X[400:], y[400:]), 1)
    0.7
    """

    learns = (Regression,)

    def _task_kind(self, y: NDArray[Any]) -> type[Task]:  # noqa: ARG002
        return Regression

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(y, dtype=np.float64)
