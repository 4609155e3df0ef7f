"""Regression in scikit-learn's manner."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from ctre.errors import InvalidDataError
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

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train on a piece of a stream: one pass over its rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features, as for fit.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), optional
            Weight of each row in the loss; at least 0.

        Returns
        -------
        SparseMLPRegressor
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
        scaling of the columns and the units of the targets. It also says what a pass is: the
        topology is updated whenever ``update_interval`` times as many samples as it had have gone
        by, by the evidence of the rows of the call that this happens in. So calls of some hundred
        rows are better than single rows.

        After fit, training goes on with its network; the memory of the optimizer is kept from call
        to call, and from a fit with ``warm_start``.
        """
        return self._partial_fit(X, y, sample_weight, Regression.of)

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        values = np.asarray(y)
        may_be_text = values.ravel() if values.dtype.kind in "OUS" else ()
        text = next((value for value in may_be_text if isinstance(value, str | bytes)), None)
        if text is not None:
            raise InvalidDataError(
                f"y must hold numbers, got {str(text)!r}. For classes there is SparseMLPClassifier."
            )
        return values.astype(np.float64)
