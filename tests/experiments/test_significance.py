from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from ctre.experiments import kolmogorov_smirnov, smallest_p_value


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_it_is_scipys_two_sided_test(rng, shift):
    some, others = rng.normal(size=15), rng.normal(shift, size=12)
    expected = ks_2samp(some, others, alternative="two-sided", method="exact")
    test = kolmogorov_smirnov(some, others)
    assert test == pytest.approx((expected.statistic, expected.pvalue))
    assert test.is_distinct() == (expected.pvalue < 0.05)


def test_known_values():
    """Apart: statistic 1, p = 2 / C(6, 3). Alike: statistic 0, p = 1."""
    assert kolmogorov_smirnov([0.7, 0.8, 0.9], [0.1, 0.2, 0.3]) == pytest.approx((1.0, 0.1))
    assert kolmogorov_smirnov([0.5, 0.5], [0.5, 0.5]) == (0.0, 1.0)


@pytest.mark.parametrize(("n", "p_value"), [(1, 1.0), (3, 0.1), (4, 2 / 70), (15, 2 / 155117520)])
def test_the_smallest_p_value_is_that_of_samples_apart(n, p_value):
    assert smallest_p_value(n, n) == pytest.approx(p_value)
    apart = kolmogorov_smirnov(np.arange(n), 100 + np.arange(n))
    assert apart.p_value == pytest.approx(p_value)


def test_the_smallest_p_value_of_samples_of_different_size():
    assert smallest_p_value(3, 5) == pytest.approx(kolmogorov_smirnov([1, 2, 3], [4] * 5).p_value)
