"""From a table to predictions, and through a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ctre import (
    SparseMLPClassifier,
    SparseMLPRegressor,
    column_importances,
    load_model,
    make_table_pipeline,
    save_model,
)
from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.persistence.model_file import _FORMAT as FORMAT

QUICK = {"hidden_layer_sizes": (12,), "epsilon": 4, "max_iter": 12, "random_state": 0}


@pytest.fixture
def passengers(rng):
    """Who survives is decided by sex and whether the cabin is known; the rest is noise."""
    n = 240
    sex, cabin = rng.choice(["female", "male"], n), rng.choice(["A", "B", None], n)
    table = pd.DataFrame(
        {
            "id": rng.permutation(n),
            "name": [f"{number:x} of {number}" for number in range(n)],
            "sex": sex,
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(30, 10, n)),
            "cabin": cabin,
            "boarded": pd.to_datetime("1912-04-10") + pd.to_timedelta(rng.integers(0, 3, n), "D"),
        }
    )
    return table, np.where((sex == "female") | (cabin == "A"), "yes", "no")


@pytest.fixture
def fitted(passengers):
    return make_table_pipeline(SparseMLPClassifier(**QUICK), min_frequency=8).fit(*passengers)


def test_a_table_is_learned(passengers):
    table, y = passengers
    scores = cross_val_score(make_table_pipeline(SparseMLPClassifier(**QUICK)), table, y, cv=3)
    assert scores.mean() > 0.95


def test_importances_are_those_of_columns(fitted, passengers):
    importances = column_importances(fitted)
    assert list(importances) == list(passengers[0].columns)
    assert sum(importances.values()) == pytest.approx(1)
    assert importances["id"] == importances["name"] == 0
    assert importances["sex"] == pytest.approx(
        sum(
            value
            for name, value in zip(
                fitted[0].get_feature_names_out(), fitted[-1].feature_importances_, strict=True
            )
            if name.startswith("sex")
        )
    )
    assert importances["sex"] > 3 * importances["age"] / 2


def test_features_never_pass_for_counts_of_words(passengers):
    """Planted mistake: "auto", which takes sparse ones and zeros for words."""
    table, y = passengers
    only_words = pd.DataFrame({f"w{n}": np.roll(table["sex"].to_numpy(), n) for n in range(9)})
    only_words["many"] = np.resize([f"v{n}" for n in range(30)], len(table))
    estimator = SparseMLPClassifier(**QUICK)
    pipeline = make_table_pipeline(estimator).fit(only_words, y)
    assert issparse(pipeline[0].transform(only_words))
    assert pipeline[-1].scaling_.name == "anchored"
    assert estimator.scaling == "auto"  # that of the caller is left alone
    chosen = make_table_pipeline(SparseMLPClassifier(**QUICK, scaling="std"))
    assert chosen[-1].scaling == "std"


def test_sparse_and_dense_features_train_alike(passengers):
    """Planted mistake: numbers beside sparse categories keep their zero where it is."""
    table, y = passengers
    pipeline = make_table_pipeline(SparseMLPClassifier(**QUICK)).fit(table, y)
    encoder = pipeline[0]
    assert encoder.is_sparse_
    encoder.is_sparse_ = False
    dense = SparseMLPClassifier(**QUICK, scaling="anchored").fit(encoder.transform(table), y)
    sparse = pipeline[-1]
    np.testing.assert_allclose(
        sparse.scaling_.apply(_sparse(encoder, table)).toarray(),
        dense.scaling_.apply(encoder.transform(table)),
        atol=1e-5,
    )


def _sparse(encoder, table):
    encoder.is_sparse_ = True
    rows = encoder.transform(table)
    encoder.is_sparse_ = False
    return rows


def test_any_estimator_may_stand_behind_the_encoder(passengers):
    table, y = passengers
    pipeline = make_table_pipeline(RandomForestClassifier(20, random_state=0)).fit(table, y)
    assert pipeline.score(table, y) == 1
    importances = column_importances(pipeline)
    assert min(importances["sex"], importances["cabin"]) > max(importances["age"], 0.2)


def test_importances_of_anything_else_are_refused():
    with pytest.raises(InvalidParameterError, match="make_table_pipeline"):
        column_importances(make_pipeline(StandardScaler(), SparseMLPClassifier()))
    with pytest.raises(NotFittedError):
        column_importances(make_table_pipeline())


def test_a_saved_pipeline_predicts_the_same(fitted, passengers, tmp_path):
    table, _ = passengers
    save_model(tmp_path / "model", fitted)
    saved = load_model(tmp_path / "model")
    loaded = saved.estimator
    assert np.array_equal(loaded.predict_proba(table), fitted.predict_proba(table))
    assert loaded[0].columns_ == fitted[0].columns_
    assert loaded[0].get_params() == fitted[0].get_params()
    assert saved.feature_names == tuple(table.columns)
    assert column_importances(loaded) == column_importances(fitted)
    assert saved.encoder is loaded[0]
    assert saved.network is loaded[-1]


def test_a_saved_regression_predicts_the_same(passengers, tmp_path):
    table, y = passengers
    price = 1000.0 * (y == "yes") + table["age"].fillna(0)
    fitted = make_table_pipeline(SparseMLPRegressor(**QUICK), kinds={"age": "number"})
    fitted.fit(table, price)
    save_model(tmp_path / "model", fitted)
    saved = load_model(tmp_path / "model")
    assert saved.is_regression
    assert np.array_equal(saved.estimator.predict(table), fitted.predict(table))


def test_other_pipelines_are_not_saved(tmp_path):
    X, y = np.eye(4), [0, 1, 0, 1]
    pipeline = make_pipeline(StandardScaler(), SparseMLPClassifier(**QUICK)).fit(X, y)
    with pytest.raises(InvalidDataError, match="got one of StandardScaler, SparseMLPClassifier"):
        save_model(tmp_path / "model", pipeline)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("min_frequency",), 0, "min_frequency"),
        (("columns",), [], "its table has 0 features"),
        (("columns", 3, "spread"), -1.0, "spread must be finite and not below 0"),
        (("columns", 3, "median"), float("nan"), "median must be finite"),
        (("columns", 2, "frequent"), ["female", "female"], "rare must be new"),
        (("columns", 2, "kind"), "picture", "kind must be one of"),
        (("columns", 5, "pattern"), "%Z", "pattern must be one of"),
        (("columns", 5, "parts"), ["weekday", "month"], "parts must be some of"),
        (("columns", 1, "name"), "id", "a name of its own"),
        (("is_sparse",), 1, "true or false"),
    ],
)
def test_a_forged_encoder_is_refused(fitted, tmp_path, place, value, message):
    path = tmp_path / "model"
    save_model(path, fitted)
    tree = FORMAT.read(path).tree.values
    entry = tree["table"]
    for name in place[:-1]:
        entry = entry[name]
    entry[place[-1]] = value
    path.write_bytes(FORMAT.encode(tree))
    with pytest.raises(InvalidDataError, match=message):
        load_model(path)
