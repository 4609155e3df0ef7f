from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

from ctre.errors import UnknownNameError
from ctre.network import WEIGHT_INITS, get_weight_init

N_PRE, N_POST, COUNT = 300, 50, 100_000


def draws(init, kind, rng):
    return getattr(get_weight_init(init), kind)(rng, N_PRE, N_POST, COUNT)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [("initial", math.sqrt(6 / (N_PRE + N_POST))), ("newborn", math.sqrt(6 / N_PRE))],
)
def test_uniform_fills_its_interval(kind, limit, rng):
    """Planted: Glorot's limit for the newborn, and the fan-out instead of the fan-in."""
    weights = draws("uniform", kind, rng)
    assert 0.999 * limit < np.abs(weights).max() <= np.float32(limit)
    assert kstest(weights, "uniform", (-limit, 2 * limit)).pvalue > 0.001


@pytest.mark.parametrize("kind", ["initial", "newborn"])
def test_normal_has_a_standard_deviation_of_a_tenth(kind, rng):
    assert kstest(draws("normal", kind, rng), "norm", (0, 0.1)).pvalue > 0.001


@pytest.mark.parametrize("init", WEIGHT_INITS)
@pytest.mark.parametrize("kind", ["initial", "newborn"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_as_many_float32_weights_as_asked(init, kind, count, rng):
    weights = getattr(get_weight_init(init), kind)(rng, 3, 4, count)
    assert weights.shape == (count,)
    assert weights.dtype == np.float32


@pytest.mark.parametrize("name", ["Normal", "he", "", None, ["normal"]])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(UnknownNameError, match=r"Unknown weight_init .* Known: normal, uniform\."):
        get_weight_init(name)
