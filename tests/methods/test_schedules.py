from __future__ import annotations

import numpy as np
import pytest

from ctre.errors import UnknownNameError
from ctre.methods import SCHEDULES, get_schedule


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_every_schedule_starts_at_one_and_never_rises_or_passes_zero(schedule):
    factors = [schedule(progress) for progress in np.linspace(0, 1, 1001)]
    assert factors[0] == 1
    assert np.all(np.diff(factors) <= 0)
    assert factors[-1] >= 0


@pytest.mark.parametrize(
    ("name", "progress", "factor"),
    [
        ("constant", 0.99, 1),
        ("cosine", 1 / 3, 0.75),
        ("cosine", 0.5, 0.5),
        ("cosine", 1, 0),
        ("linear", 0.25, 0.75),
        ("linear", 1, 0),
        ("step", 0.499, 1),
        ("step", 0.5, 0.1),
        ("step", 0.749, 0.1),
        ("step", 0.75, 0.01),
    ],
)
def test_a_schedule_passes_through(name, progress, factor):
    assert get_schedule(name)(progress) == pytest.approx(factor)


@pytest.mark.parametrize("name", ["Cosine", "cosin", "", None, ["cosine"]])
def test_an_unknown_schedule_is_refused(name):
    with pytest.raises(UnknownNameError, match=r"Unknown schedule .* Known: constant, cosine, "):
        get_schedule(name)
