"""How soon a method learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ctre.errors import InvalidParameterError

_TINY = 1e-12  # accuracies are counts of rows, averaged: far further apart than this


def training_delay(accuracies: ArrayLike, best: float, threshold: float = 0.9) -> float | None:
    """Give the share of training that it takes to come near the best accuracy.

    Parameters
    ----------
    accuracies : array-like of shape (n_epochs,)
        Test accuracy after each epoch.
    best : float
        The highest accuracy that any of the compared methods reached. The paper's acc_max.
    threshold : float in (0, 1], default=0.9
        Share of ``best`` that has to be reached (dimensionless). The paper's th.

    Returns
    -------
    float in (0, 1] or None
        First epoch that reaches ``threshold * best``, divided by the number of epochs; None if
        none does.

    Raises
    ------
    InvalidParameterError
        If there is no epoch, or ``threshold`` is outside (0, 1].

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, appendix A, equation 3.
    """
    curve = np.asarray(accuracies, dtype=np.float64)
    if not len(curve):
        raise InvalidParameterError("accuracies must hold at least one epoch, got none.")
    if not 0 < threshold <= 1:
        raise InvalidParameterError(f"threshold must be in (0, 1], got {threshold}.")
    reached = np.flatnonzero(curve >= threshold * best - _TINY)
    return (int(reached[0]) + 1) / len(curve) if len(reached) else None
