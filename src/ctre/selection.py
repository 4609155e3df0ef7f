"""Choosing the lowest of many values, reproducibly."""

from __future__ import annotations

import numpy as np

from ctre._typing import FloatArray, KeyArray


def first_lowest(values: FloatArray, count: int) -> KeyArray:
    """Find the positions, ascending, of the ``count`` lowest; the first of equals, NaN last."""
    if count == 0 or len(values) <= count:
        return np.arange(min(count, len(values)))
    border = np.partition(values, count - 1)[count - 1]  # NaNs sort to the end
    if np.isnan(border):
        below, level = ~np.isnan(values), np.isnan(values)
    else:
        below, level = values < border, values == border
    n_level = count - np.count_nonzero(below)
    below[np.flatnonzero(level)[:n_level]] = True
    return np.flatnonzero(below)
