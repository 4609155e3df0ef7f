from __future__ import annotations

import numpy as np
import pytest
from fits import X, classifier, fit, y

from ctre.errors import TrainingDivergedError


@pytest.mark.parametrize("method", ["set", "ctre-sim", "rigl", "dense"])
def test_a_loss_that_is_not_finite_ends_the_fit(method):
    with pytest.raises(TrainingDivergedError) as caught:
        fit(method, learning_rate_init=1e10)
    text = str(caught.value)
    assert text.startswith(("The training loss became nan in", "The training loss became inf in"))
    assert text.endswith(
        " in epoch 1 at learning rate 1e+10. Lower learning_rate_init, or scale the features."
    )


def test_divergence_in_the_last_batch_is_found_by_validation():
    """One batch, whose own loss is still fine."""
    with pytest.raises(TrainingDivergedError, match=r"The validation loss became (nan|inf) in ep"):
        fit(batch_size=100, max_iter=1, learning_rate_init=1e20)


def test_huge_features_are_huge_and_not_a_crash():
    with pytest.raises(TrainingDivergedError, match="or scale the features"):
        classifier().fit(X * np.float32(1e30), y)
