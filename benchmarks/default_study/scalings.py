"""Ways to scale the input, each learned from training rows alone: name -> (fit) -> (apply)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.feature_extraction.text import TfidfTransformer

Apply = Callable[[Any], Any]


def fit(name: str, X: Any) -> Apply:
    """Learn a scaling from training rows; what it gives maps rows to float32 rows.

    ``name`` is a rule of `DENSE`, with its numbers behind colons; sparse rows get the rule behind
    "|", by default "tfidf_rms".
    """
    dense, _, sparse = name.partition("|")
    if issparse(X):
        rule, *numbers = (sparse or "tfidf_rms").split(":")
        return SPARSE[rule](X, *map(float, numbers))
    rule, *numbers = dense.split(":")
    return DENSE[rule](X.astype(np.float64, copy=False), *map(float, numbers))


def _affine(shift: Any, factor: Any, clip: float | None = None) -> Apply:
    def apply(X: Any) -> Any:
        Z = (X - shift) * factor
        if clip is not None:
            np.clip(Z, -clip, clip, out=Z)
        return np.ascontiguousarray(Z, dtype=np.float32)

    return apply


def _span(X: Any) -> tuple[Any, Any]:
    low = X.min(axis=0)
    span = X.max(axis=0) - low
    return low, np.where(span > 0, span, 1.0)


def _rms(Z: Any) -> float:
    return float(np.sqrt(np.mean(np.square(Z)))) or 1.0


def minmax(X: Any) -> Apply:
    low, span = _span(X)
    return _affine(low, 1 / span)


def minmax_rms(X: Any, size: float = 1.0) -> Apply:
    low, span = _span(X)
    return _affine(low, size / span / _rms((X - low) / span))


def standard(X: Any, clip: float | None = None) -> Apply:
    deviation = X.std(axis=0)
    return _affine(X.mean(axis=0), 1 / np.where(deviation > 0, deviation, 1.0), clip)


def floored(X: Any, least: float) -> Apply:
    """Centre; divide by the deviation, but at least by a share of the column's range."""
    _, span = _span(X)
    return _affine(X.mean(axis=0), 1 / np.maximum(X.std(axis=0), least * span))


def placed(X: Any, mean: float, deviation: float, least: float = 0.0) -> Apply:
    """Every column gets this mean and this deviation."""
    _, span = _span(X)
    own = np.maximum(X.std(axis=0), least * span)
    factor = deviation / np.where(own > 0, own, 1.0)
    return _affine(X.mean(axis=0) - mean / factor, factor)


def anchored(X: Any, reach: float, least: float, floor: float = 0.0) -> Apply:
    """Zero is the column's minimum, but at most ``reach`` deviations below its mean.

    Columns are divided by their deviation, in units of their range at least ``least`` times that
    of the typical column; then one factor makes the root mean square of all entries 1. A column
    whose minimum is within ``floor`` deviations of its mean keeps its zero there in any case.
    """
    low, span = _span(X)
    deviation = X.std(axis=0)
    typical = np.sqrt(np.mean(np.square(deviation / span)))
    shift = np.maximum(low, X.mean(axis=0) - reach * deviation)
    stands = X.mean(axis=0) - low <= floor * deviation
    shift = np.where(stands, low, shift)
    factor = 1 / np.maximum(np.maximum(deviation, least * typical * span), 1e-12)
    factor[deviation == 0] = 0
    return _affine(shift, factor / _rms((X - shift) * factor))


def median(X: Any, least: float, clip: float | None = None) -> Apply:
    """As ``floored``, but zero is the column's median: a floor that most rows stand on stays 0."""
    _, span = _span(X)
    return _affine(np.median(X, axis=0), 1 / np.maximum(X.std(axis=0), least * span), clip)


def floor_share(X: Any) -> float:
    """Share of the entries, of columns that are not constant, at their column's minimum."""
    low, high = X.min(axis=0), X.max(axis=0)
    varies = high > low
    return float(np.mean(X[:, varies] == low[varies])) if varies.any() else 0.0


def auto(X: Any, share: float = 0.25, least: float = 0.0) -> Apply:
    """Min-max and one factor where many entries stand on a floor, else standardize."""
    return minmax_rms(X) if floor_share(X) >= share else floored(X, least)


def raw(X: Any) -> Apply:  # noqa: ARG001
    return lambda X: np.ascontiguousarray(X, dtype=np.float32)


DENSE: dict[str, Callable[..., Apply]] = {
    "raw": raw,
    "minmax": minmax,
    "minmax_rms": minmax_rms,
    "standard": standard,
    "floored": floored,
    "placed": placed,
    "anchored": anchored,
    "median": median,
    "auto": auto,
}


def _columns(X: Any, factor: Any) -> Any:
    X = csr_array(X)
    return csr_array(
        ((X.data * factor[X.indices]).astype(np.float32), X.indices, X.indptr), shape=X.shape
    )


def _sparse_rms(X: Any) -> float:
    return float(np.sqrt(np.square(X.data, dtype=np.float64).sum() / np.prod(X.shape))) or 1.0


def tfidf_rms(X: Any, size: float = 1.0) -> Apply:
    """Log counts, rarer words weigh more, rows of length one; then one factor."""
    words = TfidfTransformer(sublinear_tf=True).fit(X)
    factor = size / _sparse_rms(words.transform(X))
    return lambda X: csr_array(words.transform(X) * factor, dtype=np.float32)


def std(X: Any) -> Apply:
    mean = np.asarray(X.mean(axis=0)).ravel()
    deviation = np.sqrt(
        np.bincount(X.indices, np.square(X.data, dtype=np.float64), X.shape[1]) / X.shape[0]
        - mean**2
    )
    return lambda X: _columns(X, 1 / np.where(deviation > 0, deviation, 1.0))


SPARSE: dict[str, Callable[..., Apply]] = {"tfidf_rms": tfidf_rms, "std": std}
