from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, log_loss, r2_score

from ctre.errors import InvalidDataError
from ctre.training import Classification, LabelledRows, LabelSets, Regression, TrainingData


@dataclass
class Oracle:
    """A network that scores the rows as the test says."""

    loss: str
    answer: np.ndarray

    def scores(self, samples, _n_threads):
        assert len(samples) == len(self.answer)
        return self.answer


CLASSES = Classification(np.array(["a", "b", "c"]))
PLAIN_NUMBERS = Regression(np.zeros(3), np.ones(3), is_flat=False)
ALL = slice(None)


def evaluate(task, scores, targets, weight):
    samples = np.zeros((len(scores), 1), np.float32)
    rows = LabelledRows(samples, targets, weight)
    return rows.evaluate(Oracle(task.loss, scores), task, 1)


@pytest.fixture(params=[False, True], ids=["plain", "weighted"])
def weight(request, rng):
    return rng.integers(0, 5, 40).astype(np.float32) if request.param else None


@pytest.fixture
def scores(rng):
    return rng.standard_normal((40, 3)).astype(np.float32)


def test_classes_are_evaluated_by_accuracy_and_cross_entropy(scores, weight, rng):
    targets = rng.integers(3, size=40).astype(np.int32)
    evaluation = evaluate(CLASSES, scores, targets, weight)
    probabilities = softmax(np.float64(scores), axis=1)
    want = accuracy_score(targets, scores.argmax(axis=1), sample_weight=weight)
    assert evaluation.score == pytest.approx(want)
    want = log_loss(targets, probabilities, sample_weight=weight)
    assert evaluation.loss == pytest.approx(want, rel=1e-5)


def test_several_labels_are_right_if_all_are(scores, weight, rng):
    targets = rng.integers(2, size=(40, 3)).astype(np.float32)
    targets[:20] = scores[:20] > 0
    evaluation = evaluate(LabelSets(3), scores, targets, weight)
    want = accuracy_score(targets, scores > 0, sample_weight=weight)
    assert 0.3 < evaluation.score == pytest.approx(want)
    p = expit(np.float64(scores))
    losses = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum(axis=1)
    assert evaluation.loss == pytest.approx(np.average(losses, weights=weight))


def test_values_are_evaluated_by_r_squared(scores, weight, rng):
    targets = scores + rng.standard_normal((40, 3)).astype(np.float32)
    evaluation = evaluate(PLAIN_NUMBERS, scores, targets, weight)
    assert evaluation.score == pytest.approx(r2_score(targets, scores, sample_weight=weight))
    halves = 0.5 * np.square(np.float64(scores) - targets).sum(axis=1)
    assert evaluation.loss == pytest.approx(np.average(halves, weights=weight))


def test_targets_that_never_vary_explain_nothing(scores):
    assert evaluate(PLAIN_NUMBERS, scores, np.ones((40, 3), np.float32), None).score == 0


def test_no_rows_no_validation(scores):
    none = np.empty(0, np.int32)
    assert TrainingData(LabelledRows(scores, scores), np.arange(40), none).validation is None


def test_rows_are_taken_with_their_targets_and_weights(scores):
    targets, weight = np.arange(40), np.arange(40, dtype=np.float32)
    taken = LabelledRows(scores, targets, weight).take(np.array([3, 1]))
    np.testing.assert_array_equal(taken.samples, scores[[3, 1]])
    assert taken.targets.tolist() == taken.sample_weight.tolist() == [3, 1]


def test_classes_are_learned_encoded_and_decoded():
    labels = np.array(["oak", "elm", "ash", "elm"])
    task = Classification.of(labels, ALL)
    assert task.classes.tolist() == ["ash", "elm", "oak"]
    assert task.n_outputs == 3
    assert task.encode(labels).tolist() == [2, 1, 0, 1]
    assert task.encode(labels).dtype == np.int32
    assert task.strata(labels).tolist() == [2, 1, 0, 1]
    assert task.decode(np.float32([[0, 2, 1], [1, 1, 0]])).tolist() == ["elm", "ash"]


def test_a_class_that_was_not_trained_on_is_refused():
    with pytest.raises(InvalidDataError, match="classes that were trained on, got 'fir', which is"):
        Classification.of(np.array(["ash", "elm"]), ALL).encode(np.array(["ash", "fir"]))


def test_text_is_no_number():
    """Planted: "1" taken for 1."""
    with pytest.raises(InvalidDataError, match="got '1', which is none"):
        Classification.of(np.array([1, 2]), ALL).encode(np.array(["1", "2"]))


def test_a_label_is_there_or_not():
    with pytest.raises(InvalidDataError, match="must be zeros and ones, got 2"):
        LabelSets(2).encode(np.array([[0, 1], [2, 0]]))


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (None, "only one class: 1."),
        (np.float32([0, 0]), "no class. Rows of weight 0 do not count."),
    ],
)
def test_fewer_than_two_classes_are_refused(weight, words):
    with pytest.raises(InvalidDataError, match=words):
        Classification.of(np.array([1, 1]), ALL, weight)


def test_labels_and_numbers_are_decoded():
    scores = np.float32([[0.5, -0.5, 0.0]])
    assert LabelSets(3).decode(scores).tolist() == [[1, 0, 0]]
    assert PLAIN_NUMBERS.decode(scores).tolist() == [[0.5, -0.5, 0.0]]
    assert LabelSets(3).strata(scores) is PLAIN_NUMBERS.strata(scores) is None


def test_numbers_are_learned_in_units_of_their_spread():
    y = np.array([[1.0, 5], [3, 5], [100, 7]])
    task = Regression.of(y, np.array([0, 1]))  # planted: the row that is not trained on counts
    assert task.shift.tolist() == [2, 5]
    assert task.factor.tolist() == [1, 1]  # planted: a spread of zero
    assert task.encode(y).tolist() == [[-1, 0], [1, 0], [98, 2]]
    np.testing.assert_array_equal(task.decode(task.encode(y)), y)


def test_weights_count_in_the_spread():
    task = Regression.of(np.array([0.0, 4, 9]), ALL, np.float32([3, 1, 0]))
    assert (task.shift[0], task.factor[0]) == (1, pytest.approx(np.sqrt(3)))
    assert task.decode(np.float32([[1], [0]])).shape == (2,)


@pytest.mark.parametrize("unit", [1e-200, 1e-30, 1.0, 1e30, 1e200])
def test_the_unit_of_numbers_does_not_matter(unit):
    """Planted: squares that overflow, and targets cast to float32 before they are scaled."""
    y = np.array([1.0, 2, 4])
    encoded = Regression.of(y * unit, ALL).encode(y * unit)
    np.testing.assert_allclose(encoded, Regression.of(y, ALL).encode(y), rtol=1e-6)


def test_rounding_is_no_spread():
    y = np.full(1000, 1e6 + 1 / 3)
    assert Regression.of(y, ALL).factor.tolist() == [1]
