from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, log_loss, r2_score

from ctre.training import Validation


@dataclass
class Oracle:
    """A network that scores the rows as the test says."""

    loss: str
    answer: np.ndarray

    def scores(self, samples, _n_threads):
        assert len(samples) == len(self.answer)
        return self.answer


def judge(loss, scores, targets, weight):
    samples = np.zeros((len(scores), 1), np.float32)
    return Validation(samples, targets, weight).judge(Oracle(loss, scores), 1)


@pytest.fixture(params=[False, True], ids=["plain", "weighted"])
def weight(request, rng):
    return rng.integers(0, 5, 40).astype(np.float32) if request.param else None


@pytest.fixture
def scores(rng):
    return rng.standard_normal((40, 3)).astype(np.float32)


def test_classes_are_judged_by_accuracy_and_cross_entropy(scores, weight, rng):
    targets = rng.integers(3, size=40).astype(np.int32)
    verdict = judge("softmax_cross_entropy", scores, targets, weight)
    probabilities = softmax(np.float64(scores), axis=1)
    want = accuracy_score(targets, scores.argmax(axis=1), sample_weight=weight)
    assert verdict.score == pytest.approx(want)
    want = log_loss(targets, probabilities, sample_weight=weight)
    assert verdict.loss == pytest.approx(want, rel=1e-5)


def test_several_labels_are_right_if_all_are(scores, weight, rng):
    targets = rng.integers(2, size=(40, 3)).astype(np.float32)
    targets[:20] = scores[:20] > 0
    verdict = judge("logistic", scores, targets, weight)
    want = accuracy_score(targets, scores > 0, sample_weight=weight)
    assert 0.3 < verdict.score == pytest.approx(want)
    p = expit(np.float64(scores))
    losses = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum(axis=1)
    assert verdict.loss == pytest.approx(np.average(losses, weights=weight))


def test_values_are_judged_by_r_squared(scores, weight, rng):
    targets = scores + rng.standard_normal((40, 3)).astype(np.float32)
    verdict = judge("squared_error", scores, targets, weight)
    assert verdict.score == pytest.approx(r2_score(targets, scores, sample_weight=weight))
    halves = 0.5 * np.square(np.float64(scores) - targets).sum(axis=1)
    assert verdict.loss == pytest.approx(np.average(halves, weights=weight))


def test_targets_that_never_vary_explain_nothing(scores):
    assert judge("squared_error", scores, np.ones((40, 3), np.float32), None).score == 0


def test_no_rows_no_validation(scores):
    assert Validation.of(scores, scores, np.empty(0, np.int32), None) is None


def test_rows_are_taken_with_their_targets_and_weights(scores):
    targets, weight = np.arange(40), np.arange(40, dtype=np.float32)
    validation = Validation.of(scores, targets, np.array([3, 1]), weight)
    np.testing.assert_array_equal(validation.samples, scores[[3, 1]])
    assert validation.targets.tolist() == validation.sample_weight.tolist() == [3, 1]
