from __future__ import annotations

import numpy as np
import pytest

from ctre.errors import InvalidParameterError
from ctre.experiments import training_delay


@pytest.mark.parametrize(
    ("accuracies", "best", "delay"),
    [
        ([0.2, 0.5, 0.8, 0.9], 1.0, 1.0),  # exactly at the threshold counts
        ([0.2, 0.5, 0.8, 0.899], 1.0, None),  # just below it does not
        ([0.5, 0.1, 0.1, 0.1], 0.5, 0.25),  # in the first epoch; what comes later is no matter
        ([0.1, 0.46, 0.2, 0.5], 0.5, 0.5),  # the first time, not the last
        ([0.0, 0.0], 0.0, 0.5),
        ([0.7], 0.7, 1.0),
    ],
)
def test_hand_computed(accuracies, best, delay):
    assert training_delay(accuracies, best) == delay


def test_the_threshold_is_a_share_of_the_best():
    assert training_delay([0.3, 0.4, 0.5], best=0.8, threshold=0.5) == pytest.approx(2 / 3)


def test_rounding_of_a_mean_does_not_hide_that_the_threshold_is_reached():
    """Planted: without slack, 0.9 times a mean of three misses a mean that is equal to it."""
    best = np.mean([0.1, 0.1, 0.1])  # a little above 0.1
    assert training_delay([0.09], best) == 1.0


@pytest.mark.parametrize(
    ("accuracies", "threshold", "words"),
    [([], 0.9, "at least one epoch"), ([1.0], 0.0, "threshold"), ([1.0], 1.1, "threshold")],
)
def test_wrong_arguments(accuracies, threshold, words):
    with pytest.raises(InvalidParameterError, match=words):
        training_delay(accuracies, 1.0, threshold)
