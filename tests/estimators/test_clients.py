"""What others do with the estimators, unchanged."""

from __future__ import annotations

import threading
from functools import partial
from multiprocessing import get_context

import joblib
import numpy as np
import pandas as pd
import pytest
from easy_table import X, assert_same_fit, classifier, names, y
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import permutation_importance
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from test_regressor import SIGNAL, regressor

from ctre import Callback
from ctre.estimators.scikit_learn_callbacks import HAS_CALLBACKS

quick = partial(classifier, max_iter=15, validation_fraction=None, n_threads=1)


# Searches


def test_a_grid_is_searched_in_two_processes():
    grid = {"alpha": [0.0, 0.1], "method": ["set"]}
    alone, both = (GridSearchCV(quick(), grid, cv=2, n_jobs=n).fit(X, names) for n in (1, 2))
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], both.cv_results_["mean_test_score"]
    )
    assert both.best_score_ > 0.8


def test_halving_searches_over_epochs():
    search = HalvingGridSearchCV(
        quick(), {"solver": ["sgd", "adam"]}, cv=2, resource="max_iter", max_resources=9
    )
    assert search.fit(X, names).best_params_["max_iter"] == 9


def test_arrays_of_numpy_are_searched_at_random():
    """Planted: np.bool_ is no bool, np.str_ no str."""
    choices = {
        "nesterovs_momentum": np.array([True, False]),
        "early_stopping": np.array([True, False]),
        "solver": np.array(["sgd", "adam"]),
        "batch_size": np.array([20, 30]),
        "momentum": np.array([0.0, 0.5]),
        "hidden_layer_sizes": [np.array([5, 4]), range(3, 5)],
    }
    search = RandomizedSearchCV(
        quick(max_iter=2), choices, n_iter=4, cv=2, random_state=0, error_score="raise"
    )
    assert set(search.fit(X, names).best_params_) == set(choices)


# Meta-estimators


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_probabilities_are_calibrated(method):
    model = CalibratedClassifierCV(quick(), method=method, cv=2)
    try:
        model.fit(X, names)
    except ValueError as error:
        if method != "temperature" or "must be a str among" not in str(error):
            raise
        pytest.skip("this scikit-learn does not calibrate by temperature")
    assert model.score(X, names) > 0.8
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: StackingClassifier([("a", quick()), ("b", GaussianNB())], GaussianNB(), cv=2),
        lambda: BaggingClassifier(quick(), n_estimators=2, random_state=0),
        lambda: AdaBoostClassifier(quick(), n_estimators=2, random_state=0),
        lambda: OneVsRestClassifier(quick()),
    ],
    ids=["stacking", "bagging", "boosting", "one against the rest"],
)
def test_others_are_made_of_them(make):
    model = make().fit(X, names)
    assert model.score(X, names) > 0.8
    assert model.predict_proba(X).shape == (300, 3)


def test_columns_that_matter_are_found_by_permuting_them():
    model = quick(max_iter=40).fit(X, names)
    found = permutation_importance(model, X, names, n_repeats=2, random_state=0)
    assert set(np.argsort(found.importances_mean)[-3:]) <= {0, 1, 2, 3}


def test_columns_are_selected_for_a_regression():
    related = {0, 1, 2, 3}  # the target is made of two; the others go along with them
    selected = SelectFromModel(
        regressor(max_iter=40, alpha=3e-4), max_features=2, threshold=-np.inf
    )
    assert set(selected.fit(X, SIGNAL).get_support(indices=True)) <= related


@pytest.mark.parametrize("method", ["predict_log_proba", "predict_proba", "decision_function"])
def test_cross_validated_predictions(method):
    values = cross_val_predict(quick(), X, names, cv=2, method=method)
    assert values.shape == (300, 3)
    assert np.isfinite(values).all()
    assert np.mean(values.argmax(axis=1) == y) > 0.8


def test_scorers_of_every_kind():
    model = quick().fit(X, y > 0)
    for name in ("roc_auc", "average_precision", "neg_log_loss", "f1", "neg_brier_score"):
        assert np.isfinite(get_scorer(name)(model, X, y > 0))
    numbers = regressor().fit(X, SIGNAL)
    for name in ("r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"):
        assert np.isfinite(get_scorer(name)(numbers, X, SIGNAL))


# Metadata


def test_weights_are_routed():
    weight = np.random.default_rng(0).integers(1, 5, 300).astype(float)
    with config_context(enable_metadata_routing=True):
        model = quick(max_iter=2).set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        found = cross_validate(
            model,
            X,
            names,
            cv=2,
            params={"sample_weight": weight},
            return_estimator=True,
            return_indices=True,
        )
    rows = found["indices"]["train"][0]
    by_hand = quick(max_iter=2).fit(X[rows], names[rows], weight[rows])
    assert_same_fit(found["estimator"][0], by_hand)


def test_a_pipeline_transforms_the_rows_that_choose_the_epoch():
    """Planted: rows for validation that stay as they are."""
    with config_context(enable_metadata_routing=True):
        model = quick(max_iter=5).set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("model", model)]
        pipe = Pipeline(steps, transform_input=["X_val"])
        pipe.fit(X[::2], names[::2], X_val=1 + X[1::2], y_val=names[1::2])
    assert pipe[-1].best_validation_score_ == pipe.score(1 + X[1::2], names[1::2])


def test_output_may_be_set_where_columns_are_selected():
    frame = pd.DataFrame(X, columns=[f"c{number}" for number in range(20)])
    selected = SelectFromModel(quick(), max_features=3, threshold=-np.inf)
    columns = selected.set_output(transform="pandas").fit_transform(frame, names).columns
    assert len(columns) == 3
    assert set(columns) <= set(frame.columns)


# Containers


FRAME = pd.DataFrame(X, columns=[f"c{number}" for number in range(20)])
FRAMES = {
    "nullable": lambda: (FRAME.astype("Float64"), pd.Series(y, dtype="Int64")),
    "nullable words": lambda: (FRAME, pd.Series(names, dtype="string")),
    "categories": lambda: (FRAME, pd.Series(names, dtype="category")),
    "arrow": lambda: (FRAME.astype("double[pyarrow]"), pd.Series(y, dtype="int64[pyarrow]")),
    "polars": lambda: (pl().DataFrame(FRAME.to_dict("list")), pl().Series(names)),
}


def pl():
    return pytest.importorskip("polars")


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_every_kind(kind):
    if kind == "arrow":
        pytest.importorskip("pyarrow")
    rows, labels = FRAMES[kind]()
    model = quick(max_iter=2).fit(rows, labels)
    assert model.feature_names_in_.tolist() == list(FRAME.columns)
    plain = quick(max_iter=2).fit(X, names)
    assert_same_fit(model, plain)
    np.testing.assert_array_equal(model.predict_proba(rows), plain.predict_proba(X))
    assert model.score(rows, labels) == plain.score(X, names)
    targets = SIGNAL if kind != "polars" else pl().Series(SIGNAL)
    assert np.isfinite(regressor(max_iter=1).fit(rows, targets).score(rows, targets))


def rows_alone(make_dense):
    """Make a single row dense, such as one of maxima, and nothing else."""

    def checked(matrix, *args, **options):
        assert np.prod(matrix.shape) == max(matrix.shape), "made dense"
        return make_dense(matrix, *args, **options)

    return checked


THINNED = np.where(np.abs(X) < np.quantile(np.abs(X), 0.75, axis=0), 0, X)


@pytest.mark.filterwarnings("ignore:Constructing a DIA matrix")
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_formats_stay_sparse(form, kind, monkeypatch):
    """Planted: rows that are made dense on the way."""
    rows = getattr(sparse, f"{form}_{kind}")(THINNED)

    for name in (f"{part}_{own}" for part in ("csr", "csc", "coo") for own in ("array", "matrix")):
        cls = getattr(sparse, name)
        monkeypatch.setattr(cls, "todense", None)
        monkeypatch.setattr(cls, "toarray", rows_alone(cls.toarray))
    model = quick(max_iter=2, scaling="auto").fit(rows, names)
    plain = quick(max_iter=2, scaling="auto").fit(sparse.csr_array(THINNED), names)
    assert_same_fit(model, plain)
    np.testing.assert_array_equal(model.predict(rows), plain.predict(sparse.csr_array(THINNED)))


def test_rows_on_the_disk_that_cannot_be_written(tmp_path):
    joblib.dump((X, names), tmp_path / "rows")
    rows, labels = joblib.load(tmp_path / "rows", mmap_mode="r")
    assert isinstance(rows, np.memmap)
    assert_same_fit(quick(max_iter=2).fit(rows, labels), quick(max_iter=2).fit(X, names))


# Processes and threads


def fitted(seed, n_threads=2):
    return quick(max_iter=2, random_state=seed, n_threads=n_threads).fit(X, names)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_workers_of_joblib_fit_alike(backend):
    """After threads have run here: a fork must not wait for those of its parent."""
    here = fitted(0)
    with joblib.parallel_config(backend, n_jobs=2):
        others = joblib.Parallel(timeout=60)(joblib.delayed(fitted)(0) for _ in range(2))
    for other in others:
        assert_same_fit(here, other)


def test_workers_that_are_spawned_fit_alike():
    """New processes, which import everything again, as on Windows and macOS."""
    here = fitted(0)
    with get_context("spawn").Pool(2) as pool:
        others = pool.map(fitted, [0, 0])
    for other in others:
        assert_same_fit(here, other)


def test_two_fits_in_two_threads():
    found = {}

    def work(seed):
        found[seed] = fitted(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, model in found.items():
        assert_same_fit(model, fitted(seed))


# Callbacks


def test_optuna_prunes_through_a_callback():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    class Prune(Callback):
        def __init__(self, trial):
            self.trial = trial

        def on_epoch_end(self, state):
            record = state.history[-1]
            self.trial.report(record.validation_score, record.epoch)
            if self.trial.should_prune():
                raise optuna.TrialPruned

    def objective(trial):
        rate = trial.suggest_categorical("rate", [0.05, 1e-9])
        model = quick(learning_rate_init=rate, validation_fraction=0.3, callbacks=[Prune(trial)])
        return model.fit(X, names).best_validation_score_

    sampler = optuna.samplers.GridSampler({"rate": [0.05, 1e-9]}, seed=1)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=3)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    study.enqueue_trial({"rate": 0.05})
    study.optimize(objective, n_trials=2)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED"]


class Scores:
    """A callback of scikit-learn's kind."""

    def __init__(self, stop_after=None):
        self.stop_after, self.told, self.scores = stop_after, [], []

    def setup(self, estimator, context):  # noqa: ARG002
        self.told.append(("setup", context.max_subtasks))

    def on_fit_task_begin(self, estimator, context):  # noqa: ARG002
        self.told.append(("begin", context.task_name))

    def on_fit_task_end(self, _, context, *, X, y, metadata, fitted_estimator):
        self.told.append(("end", context.task_name))
        self.scores.append(fitted_estimator.score(X, y))
        assert set(metadata) == {"sample_weight"}
        return len(self.scores) == self.stop_after

    def teardown(self, estimator, context):  # noqa: ARG002
        self.told.append(("teardown", context.task_name))


needs_callbacks = pytest.mark.skipif(not HAS_CALLBACKS, reason="this scikit-learn has no callbacks")


@needs_callbacks
def test_callbacks_of_scikit_learn_see_every_epoch():
    scores = Scores()
    model = quick(max_iter=2).set_callbacks(scores).fit(X, names, np.ones(300))
    assert scores.told == [
        ("setup", 2),
        ("begin", "fit"),
        ("begin", "epoch 1"),
        ("end", "epoch 1"),
        ("begin", "epoch 2"),
        ("end", "epoch 2"),
        ("end", "fit"),
        ("teardown", "fit"),
    ]
    assert scores.scores == [
        quick(max_iter=2, callbacks=[Stop(epoch)]).fit(X, names).score(X, names)
        for epoch in (1, 2, 2)
    ]
    assert not hasattr(model, "_callback_fit_ctx")


class Stop(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, state):
        from ctre import StopTraining

        if state.n_epochs_done == self.epoch:
            raise StopTraining


@needs_callbacks
def test_callbacks_of_scikit_learn_may_end_a_fit():
    model = quick().set_callbacks(Scores(stop_after=3)).fit(X, names, np.ones(300))
    assert model.n_iter_ == 3


@needs_callbacks
def test_the_scores_that_scikit_learn_monitors():
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    model = clone(quick(max_iter=3)).set_callbacks(monitor).fit(X, names)
    assert model.n_iter_ == 3
    curve = [entry["accuracy"] for entry in monitor.get_logs().data]
    assert model.score(X, names) in curve
    assert len(curve) >= 3
