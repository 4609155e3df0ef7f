from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre.datasets import Dataset
from ctre.errors import InvalidDataError, InvalidParameterError, TrainingDivergedError
from ctre.estimators import SparseMLPClassifier
from ctre.experiments import DataSource, Exploration, StudyData, data, facts_of, run
from ctre.experiments.treatments import FlipAndShift
from ctre.training import ScoreCurve


def test_a_result_says_what_the_estimator_says(toy, experiment_of, quick):
    """Planted: the accuracy of the last epoch in place of the best one."""
    settings = {"max_iter": 8, "learning_rate_init": 0.5}
    result = run(experiment_of("ctre-sim", **settings))
    exploration, curve = Exploration(), ScoreCurve(toy.X_test, toy.y_test)
    model = SparseMLPClassifier(
        method="ctre-sim", random_state=0, callbacks=[exploration, curve], **quick | settings
    )
    model.fit(toy.X_train, toy.y_train)
    assert curve.scores[-1] != model.score(toy.X_test, toy.y_test)  # not the last one
    outcome = result.outcome
    assert outcome.test_accuracy == model.score(toy.X_test, toy.y_test)
    assert outcome.validation_accuracy == model.best_validation_score_
    assert outcome.best_epoch == model.best_epoch_
    assert outcome.n_connections == model.n_connections_
    assert outcome.density == model.density_
    assert outcome.exploration_rate == exploration.rate > model.density_
    assert 0 < outcome.random_share < 1
    assert [point.test_accuracy for point in result.epochs] == curve.scores
    assert [point.test_loss for point in result.epochs] == curve.losses
    assert outcome.test_loss == curve.losses[model.best_epoch_ - 1]
    assert result.seconds.total >= result.seconds.train > 0
    assert result.made.kernels in ("native", "reference")


def test_it_is_pure_whatever_the_threads(experiment_of):
    one, two = (run(experiment_of("ctre-seq", 3), n_threads=n) for n in (1, 2))
    assert one.digest == two.digest
    assert one.points_digest == two.points_digest
    assert run(experiment_of("ctre-seq", 4)).points_digest != one.points_digest
    assert pickle.loads(pickle.dumps(one)) == one


def test_rows_that_have_changed_are_refused(tmp_path, toy_rows, experiment_of, monkeypatch):
    X_train, y_train, X_test, y_test = toy_rows
    path = tmp_path / "toy.npz"
    save = {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}
    np.savez(path, **save)
    experiment = experiment_of(facts=facts_of(DataSource("toy", str(path))))
    np.savez(path, **save | {"X_train": X_train + 1})
    monkeypatch.setattr(data, "_kept", {})
    with pytest.raises(InvalidDataError, match="changed since the experiment was planned"):
        run(experiment)


def test_the_fingerprint_is_of_values_and_nothing_else(toy):
    same = toy._replace(name="other", X_train=np.asfortranarray(toy.X_train).astype(np.float64))
    assert same.fingerprint == toy.fingerprint
    labels = toy.y_test.copy()
    labels[0] = "elm"
    X = toy.X_train.copy()
    X[7, 7] += 1
    sparse = toy._replace(X_train=csr_array(toy.X_train))
    for other in (toy._replace(y_test=labels), toy._replace(X_train=X), sparse):
        assert other.fingerprint != toy.fingerprint


def test_divergence_is_an_error(experiment_of):
    with pytest.raises(TrainingDivergedError, match="learning"):
        run(experiment_of("static", learning_rate_init=1e30, batch_size=10))


def test_data_that_cannot_be_tested_on():
    X, y = np.zeros((2, 1), dtype=np.float32), np.array([0, 1])
    with pytest.raises(InvalidDataError, match="test rows"):
        StudyData.of(Dataset("d", X, y))
    with pytest.raises(InvalidDataError, match="got 2"):
        StudyData.of(Dataset("d", X, y, X, np.array([1, 2])))
    with pytest.raises(InvalidDataError, match="got measurements"):
        StudyData.of(Dataset("d", X, y + 0.5, X, y))


def test_images_are_shown_in_other_ways():
    """Planted: a shift that wraps around, a flip of rows in place of columns."""
    images = np.zeros((200, 6, 5), dtype=np.float32)
    images[:, 2, 0] = 1
    images[:, 2, 1] = 2  # to the right of it; mirrored, to the left
    shown = FlipAndShift((6, 5))
    rows = SimpleNamespace(samples=images.reshape(200, -1).copy())
    data = SimpleNamespace(rows=rows, train_rows=np.arange(100))
    state = SimpleNamespace(data=data, seed=np.random.SeedSequence(0), n_epochs_done=0)
    shown.on_fit_begin(state)
    first = rows.samples.reshape(200, 6, 5).copy()
    assert np.array_equal(first[100:], images[100:])  # validation rows stay
    assert first[:100].sum(axis=(1, 2)).min() < 3  # some of it left the picture, none came back
    assert first[:100].sum(axis=(1, 2)).max() == 3
    sides = set()
    for image in first[:100]:
        if image.sum() == 3:
            ((row, one),), ((other_row, two),) = np.argwhere(image == 1), np.argwhere(image == 2)
            assert row == other_row
            sides.add(int(two - one))
    assert sides == {-1, 1}
    shown.on_epoch_end(state)
    second = rows.samples.reshape(200, 6, 5)
    assert not np.array_equal(first[:100], second[:100])


def test_augmentation_of_rows_that_are_no_images_is_refused(experiment_of):
    with pytest.raises(InvalidParameterError, match="no images"):
        run(experiment_of(augmentation="flip-shift"))


def test_similarity_may_be_measured_on_kept_rows(experiment_of):
    fresh = run(experiment_of("ctre-cosine", similarity_samples=20, max_iter=6))
    kept = run(
        experiment_of("ctre-cosine", similarity_samples=20, max_iter=6, updates_per_subset=9)
    )
    assert fresh.points_digest != kept.points_digest
