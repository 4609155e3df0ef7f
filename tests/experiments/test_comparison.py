from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import ks_2samp

from ctre.datasets import Dataset
from ctre.errors import (
    InvalidDataError,
    InvalidParameterError,
    TrainingDivergedError,
    UnknownNameError,
)
from ctre.estimators import SparseMLPClassifier
from ctre.experiments import Comparison, Exploration, StudyData, curves_of, summarize
from ctre.experiments.comparison import CurvePoint, Job, RunRow
from ctre.training import ScoreCurve

QUICK = {
    "hidden_layer_sizes": (8,), "epsilon": 2, "max_iter": 4, "learning_rate_init": 0.1,
    "batch_size": 100, "validation_fraction": 0.1, "scaling": "none",
}  # fmt: skip


def finish(comparison):
    for job in comparison.pending:
        comparison.run(job)
    return comparison


def test_each_method_is_trained_with_each_seed(toy):
    comparison = Comparison(toy, ["set", "static"], 2, QUICK)
    assert comparison.pending == [("set", 0), ("static", 0), ("set", 1), ("static", 1)]
    finish(comparison)
    assert comparison.pending == []
    assert [row[:2] for row in comparison.rows] == comparison.jobs
    assert [point[:3] for point in comparison.points] == [
        (*job, epoch) for job in comparison.jobs for epoch in (1, 2, 3, 4)
    ]


def test_a_row_says_what_the_estimator_says(toy):
    settings = QUICK | {"max_iter": 8, "learning_rate_init": 0.5}
    (row,) = finish(Comparison(toy, ["ctre-sim"], 1, settings)).rows
    exploration, curve = Exploration(), ScoreCurve(toy.X_test, toy.y_test)
    model = SparseMLPClassifier(
        method="ctre-sim", random_state=0, callbacks=[exploration, curve], **settings
    )
    model.fit(toy.X_train, toy.y_train)
    assert curve.scores[-1] != model.score(toy.X_test, toy.y_test)  # not the last one
    assert row.test_accuracy == model.score(toy.X_test, toy.y_test)
    assert row.validation_accuracy == model.best_validation_score_
    assert row.best_epoch == model.best_epoch_
    assert row.n_connections == model.n_connections_
    assert row.density == model.density_
    assert row.exploration_rate == exploration.rate > model.density_
    assert row.seconds_train > 0


def summary_of(accuracies, curves):
    """Summaries of methods of which only accuracies and curves are told."""
    rows = [
        RunRow(method, seed, accuracy, None, 1, 9, 0.5, 0.5, 0, 0, 1.0, seed, 0.0, 1, 1, 1, 1)
        for method, own in accuracies.items()
        for seed, accuracy in enumerate(own)
    ]
    points = [
        CurvePoint(method, seed, epoch, 0.0, None, 1.0, accuracy)
        for method, own in curves.items()
        for seed, curve in enumerate(own)
        for epoch, accuracy in enumerate(curve, start=1)
    ]
    return {summary.method: summary for summary in summarize(rows, curves_of(points))}


def test_a_summary_by_hand():
    accuracies = {"set": [0.5, 0.6, 0.7], "rigl": [0.8, 0.9, 0.7]}
    curves = {  # means: 0.7, 0.72, 0.6 and 0.5, 0.7, 0.8: the best is 0.8, the threshold 0.72
        "set": [[0.6, 0.82, 0.6], [0.7, 0.72, 0.6], [0.8, 0.62, 0.6]],
        "rigl": [[0.5, 0.7, 0.8]] * 3,
    }
    summaries = summary_of(accuracies, curves)
    assert summaries["set"].accuracy == pytest.approx(0.6)
    assert summaries["set"].accuracy_std == pytest.approx(0.1)
    assert summaries["set"].training_delay == pytest.approx(2 / 3)
    assert summaries["rigl"].training_delay == pytest.approx(1.0)
    assert summaries["set"].seconds_evolve == pytest.approx(1.0)
    assert (summaries["set"].is_best, summaries["rigl"].is_best) == (False, True)
    assert summaries["rigl"].against_best is None
    expected = ks_2samp(accuracies["set"], accuracies["rigl"])
    assert summaries["set"].against_best == pytest.approx((expected.statistic, expected.pvalue))


def test_the_delay_is_that_of_the_mean_curve():
    """One seed is there at once, one in the second epoch, and so is their mean."""
    summaries = summary_of({"set": [0.5, 0.5]}, {"set": [[1.0, 1.0], [0.0, 1.0]]})
    assert summaries["set"].training_delay == 1.0


def test_one_seed_has_no_spread_and_no_test():
    summaries = summary_of({"set": [0.5], "rigl": [0.5]}, {"set": [[0.5]], "rigl": [[0.5]]})
    assert [summary.accuracy_std for summary in summaries.values()] == [None, None]
    assert [summary.against_best for summary in summaries.values()] == [None, None]
    assert [summary.is_best for summary in summaries.values()] == [True, False]


class KilledError(Exception):
    pass


def test_an_interrupted_comparison_goes_on_where_it_was(toy, tmp_path, monkeypatch):
    whole = finish(Comparison(toy, ["set", "static"], 2, QUICK))
    comparison = Comparison(toy, ["set", "static"], 2, QUICK, tmp_path)
    for job in comparison.pending[:2]:
        comparison.run(job)

    trained = []
    fit = SparseMLPClassifier.fit

    def watched(self, *args, **keywords):
        trained.append((self.method, self.random_state))
        return fit(self, *args, **keywords)

    monkeypatch.setattr(SparseMLPClassifier, "fit", watched)
    resumed = Comparison(toy, ["set", "static"], 2, QUICK, tmp_path)
    assert resumed.pending == [("set", 1), ("static", 1)]
    finish(resumed)
    assert trained == [("set", 1), ("static", 1)]
    assert resumed.points == whole.points
    assert [row.test_accuracy for row in resumed.rows] == [row.test_accuracy for row in whole.rows]


def test_a_run_that_was_killed_between_its_two_files_is_done_again(toy, tmp_path, monkeypatch):
    comparison = Comparison(toy, ["set"], 1, QUICK, tmp_path)

    def kill(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("ctre.experiments.comparison._row", kill)
        with pytest.raises(KilledError):
            comparison.run(Job("set", 0))
    assert (tmp_path / "curves.csv").exists()
    again = Comparison(toy, ["set"], 1, QUICK, tmp_path)
    assert again.pending == [("set", 0)]
    assert len(finish(again).points) == 4
    with (tmp_path / "curves.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4


def test_runs_whose_curves_are_lost_are_done_again(toy, tmp_path):
    finish(Comparison(toy, ["set"], 1, QUICK, tmp_path))
    (tmp_path / "curves.csv").unlink()
    again = Comparison(toy, ["set"], 1, QUICK, tmp_path)
    assert again.pending == [("set", 0)]
    assert (len(finish(again).rows), len(again.points)) == (1, 4)


def test_more_methods_and_seeds_may_be_asked_for_later(toy, tmp_path):
    finish(Comparison(toy, ["set"], 1, QUICK, tmp_path))
    more = Comparison(toy, ["static", "set"], 2, QUICK | {"n_threads": 2}, tmp_path)
    assert more.pending == [("static", 0), ("static", 1), ("set", 1)]
    finish(more)
    assert [curve.method for curve in curves_of(more.points)] == ["static", "set"]
    fewer = Comparison(toy, ["static"], 1, QUICK, tmp_path)
    assert fewer.pending == []
    assert [row[:2] for row in fewer.rows] == [("static", 0)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"epsilon": 3}, "epsilon must be 2, .* got 3"),
        ({"max_iter": 5}, "max_iter must be 4"),
        ({"hidden_layer_sizes": (8, 8)}, "hidden_layer_sizes"),
    ],
)
def test_other_settings_are_refused(toy, tmp_path, changed, words):
    finish(Comparison(toy, ["static"], 1, QUICK, tmp_path))
    before = (tmp_path / "settings.json").read_text()
    with pytest.raises(InvalidParameterError, match=words):
        Comparison(toy, ["static"], 1, QUICK | changed, tmp_path)
    assert (tmp_path / "settings.json").read_text() == before


def test_other_data_are_refused(toy, tmp_path):
    finish(Comparison(toy, ["static"], 1, QUICK, tmp_path))
    labels = toy.y_test.copy()
    labels[0] = "elm"
    with pytest.raises(InvalidParameterError, match="fingerprint"):
        Comparison(toy._replace(y_test=labels), ["static"], 1, QUICK, tmp_path)
    X_train = toy.X_train.copy()
    X_train[7, 7] += 1
    with pytest.raises(InvalidParameterError, match="fingerprint"):
        Comparison(toy._replace(X_train=X_train), ["static"], 1, QUICK, tmp_path)
    with pytest.raises(InvalidParameterError, match="data must be 'toy'"):
        Comparison(toy._replace(name="ploy"), ["static"], 1, QUICK, tmp_path)


def test_settings_of_a_folder_without_runs_bind_nobody(toy, tmp_path):
    Comparison(toy, ["static"], 1, QUICK, tmp_path)
    Comparison(toy, ["static"], 1, QUICK | {"epsilon": 3}, tmp_path)
    assert json.loads((tmp_path / "settings.json").read_text())["epsilon"] == 3


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"3"])
def test_runs_of_unknown_settings_are_refused(toy, tmp_path, content):
    finish(Comparison(toy, ["static"], 1, QUICK, tmp_path))
    path = tmp_path / "settings.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InvalidDataError, match=r"settings\.json"):
        Comparison(toy, ["static"], 1, QUICK, tmp_path)


def test_names_are_checked_before_anything_is_written(toy, tmp_path):
    with pytest.raises(UnknownNameError, match="ctre-sim"):
        Comparison(toy, ["set", "ctre-simm"], 1, QUICK, tmp_path)
    with pytest.raises(InvalidParameterError, match="'set' twice"):
        Comparison(toy, ["set", "rigl", "set"], 1, QUICK, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_divergence_names_the_run(toy):
    wild = QUICK | {"learning_rate_init": 1e30, "batch_size": 10}
    comparison = Comparison(toy, ["static"], 1, wild)
    with pytest.raises(TrainingDivergedError, match=r"static, seed 0: .*learning"):
        finish(comparison)
    assert comparison.rows == []


def test_sparse_rows_are_compared_as_they_are(toy, tmp_path):
    sparse = toy._replace(X_train=csr_array(toy.X_train), X_test=csr_array(toy.X_test))
    rows = finish(Comparison(sparse, ["ctre-sim"], 1, QUICK, tmp_path)).rows
    assert [row.method for row in rows] == ["ctre-sim"]
    assert Comparison(sparse, ["ctre-sim"], 1, QUICK, tmp_path).pending == []


def test_data_that_cannot_be_tested_on():
    X, y = np.zeros((2, 1), dtype=np.float32), np.array([0, 1])
    with pytest.raises(InvalidDataError, match="test rows"):
        StudyData.of(Dataset("d", X, y))
    with pytest.raises(InvalidDataError, match="got 2"):
        StudyData.of(Dataset("d", X, y, X, np.array([1, 2])))
