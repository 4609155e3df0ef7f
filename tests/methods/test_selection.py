from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctre.selection import first_lowest

values = st.lists(st.sampled_from([-np.inf, -1.0, 0.0, -0.0, 2.0, np.inf, np.nan]), max_size=12)


@given(values=values, count=st.integers(0, 12))
def test_as_a_stable_sort_would(values, count):
    """Planted: a count of 0 taken for the last position."""
    values = np.float32(values)
    want = np.sort(np.argsort(values, kind="stable")[:count])  # NaNs come last
    np.testing.assert_array_equal(first_lowest(values, count), want)


@pytest.mark.parametrize("count", [0, 1, 33_333, 50_001, 99_999, 100_000])
def test_as_a_stable_sort_would_in_a_large_array_of_two_values(count, rng):
    """Planted: an unstable sort. Small arrays, or equal values only, would not show it."""
    values = rng.integers(2, size=100_000).astype(np.float32)
    want = np.sort(np.argsort(values, kind="stable")[:count])
    np.testing.assert_array_equal(first_lowest(values, count), want)
