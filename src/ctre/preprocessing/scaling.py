"""Scalings by name: learned from training rows, applied to any rows, kept in a model file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, issparse

from ctre.errors import UnknownNameError
from ctre.preprocessing.columns import ColumnScaling, anchored, minmax, standard, std, untouched
from ctre.preprocessing.rows import Rows
from ctre.preprocessing.words import WordScaling
from ctre.vocabulary import SCALINGS

Scaling: TypeAlias = ColumnScaling | WordScaling
"""What rows go through before the network sees them; its `apply` gives float32, computed in
float64, and leaves sparse rows sparse unless their zeros move."""


def fit_scaling(name: str, X: Rows) -> Scaling:
    """Learn a scaling from training rows; nothing of other rows may be in them.

    ==============  ===============================================================================
    ``"auto"``      ``"tfidf"`` for sparse counts, else ``"anchored"``
    ``"anchored"``  divided by the standard deviation, in units of the column's range at least that
                    of the typical column (beyond 10,000 rows: half of it); zero is the minimum
                    where many entries stand on it, else the mean (up to 10,000 rows: one deviation
                    below it); then one factor brings the root mean square of all entries to 1
    ``"tfidf"``     for counts of words: sublinear tf-idf, rows of length one, then the one factor
    ``"minmax"``    training rows span [0, 1]
    ``"standard"``  training rows have mean 0 and standard deviation 1
    ``"std"``       divided by the standard deviation, not centred: zeros stay zeros
    ``"none"``      untouched
    ==============  ===============================================================================

    Parameters
    ----------
    name : str
        The rule.
    X : array or csr_array of shape (n_train, n_features)
        Training rows, float32 or float64.

    Returns
    -------
    Scaling
        A column that is constant over the training rows is never stretched.

    Raises
    ------
    UnknownNameError
        If there is no such rule.
    InvalidParameterError
        If the rule is not for such rows, or would make sparse rows dense.

    Notes
    -----
    "anchored" leaves a floor that many entries stand on where it is, as "minmax" does, and centres
    what has none, as "standard" does; a column that is rarely off its constant is not amplified.
    """
    if name == "auto":
        name = "tfidf" if issparse(X) and _are_counts(X) else "anchored"
    try:
        return _FITS[name](X)
    except (KeyError, TypeError):
        if name in _FITS:
            raise
        raise UnknownNameError("scaling", name, SCALINGS) from None


def scaling_kind(name: str) -> type[ColumnScaling] | type[WordScaling]:
    """Tell the class of the scalings that a rule makes."""
    return WordScaling if name == "tfidf" else ColumnScaling


def _are_counts(X: csr_array) -> bool:
    """Tell whether all values are whole and none is negative."""
    return bool(np.all(X.data >= 0) and np.all(X.data == np.rint(X.data)))


_FITS: Mapping[str, Callable[[Rows], Scaling]] = MappingProxyType(
    {
        "anchored": anchored,
        "tfidf": WordScaling.fit,
        "minmax": minmax,
        "standard": standard,
        "std": std,
        "none": untouched,
    }
)
