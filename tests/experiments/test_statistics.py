from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ctre.experiments.statistics import across, cliffs_delta, holm, paired


def test_pairs_go_by_seed():
    """Planted: pairs in the order of the values, or a test for two samples."""
    first, second = {0: 80.0, 1: 70.0, 2: 90.0, 7: 0.0}, {2: 86.0, 1: 68.0, 0: 77.0}
    found = paired(first, second)
    assert found.n == 3
    assert found.difference == pytest.approx(3.0)
    assert found.p_value == pytest.approx(stats.ttest_rel([80, 70, 90], [77, 68, 86]).pvalue)
    interval = stats.ttest_rel([80, 70, 90], [77, 68, 86]).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert paired({0: 1.0}, {1: 1.0}) is None
    assert paired({0: 2.0}, {0: 1.0})[:5] == (1, 1.0, None, None, None)
    assert paired({0: 2.0, 1: 3.0}, {0: 1.0, 1: 2.0}).p_value is None


def test_cliffs_delta_by_hand():
    assert cliffs_delta([3, 4], [1, 2]) == 1
    assert cliffs_delta([1, 2], [3, 4]) == -1
    assert cliffs_delta([1, 3], [2, 3]) == pytest.approx((-1 - 1 + 1 + 0) / 4)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_ranks_over_data_sets():
    rng = np.random.default_rng(0)
    rows = {f"d{k}": {"a": 90 + k, "b": 80 + k + rng.random(), "c": 70.0} for k in range(6)}
    found = across(rows)
    assert found.methods == ("a", "b", "c")
    assert found.mean_ranks == (1.0, 2.0, 3.0)
    assert found.n_datasets == 6
    assert found.friedman < 0.01
    assert found.pairs["a", "b"] == pytest.approx(3 * 2 / 2**6)  # the least there is, thrice
    del rows["d0"]["c"]  # a data set that lacks a method is left out
    assert across(rows).n_datasets == 5
    del rows["d1"]
    assert across(rows) is None
    assert across({f"d{k}": {"a": 1.0, "b": 2.0} for k in range(9)}) is None
