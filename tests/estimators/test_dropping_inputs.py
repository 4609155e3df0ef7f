"""Inputs that a row loses while it is trained on, as the estimators' parameter."""

from __future__ import annotations

import numpy as np
import pytest
from easy_table import X, assert_same_fit, classifier, y
from scipy.sparse import csr_array
from sklearn.datasets import make_classification

from ctre import Callback, SparseMLPRegressor, load_model, save_model
from ctre.estimators import PROTOCOLS


class Seen(Callback):
    """Keep what every epoch left out."""

    def __init__(self):
        self.masks = []

    def on_fit_begin(self, state):
        train_epoch = state.network.train_epoch

        def kept(*arguments, **options):
            self.masks.append(options["input_dropout"])
            return train_epoch(*arguments, **options)

        state.network.train_epoch = kept


@pytest.mark.parametrize(("n_columns", "share"), [(49, 0.0), (50, 0.05), (300, 0.05)])
def test_few_columns_are_all_needed(n_columns, share):
    rows = np.random.default_rng(0).random((300, n_columns))
    assert classifier(max_iter=1, epsilon=1).fit(rows, y).input_dropout_ == share
    values = SparseMLPRegressor((5,), max_iter=1, n_threads=1).fit(rows, rows[:, 0])
    assert values.input_dropout_ == share


@pytest.mark.parametrize(
    ("budget", "share"),
    [({"epsilon": 2}, 0.05), ({"epsilon": 2.5}, 0.1), ({"density": 0.05}, 0.05),
     ({"density": 0.3}, 0.1)],
)  # fmt: skip
def test_more_connections_bear_to_lose_more_inputs(budget, share):
    rows = np.random.default_rng(0).random((300, 60))
    model = classifier(hidden_layer_sizes=(20, 20), max_iter=1, **{"epsilon": None, **budget})
    assert model.fit(rows, y).input_dropout_ == share


def test_what_auto_stands_for_can_be_said():
    rows = np.random.default_rng(0).random((300, 100))
    said = {"epsilon": 1, "input_dropout": 0.05}
    assert_same_fit(classifier(epsilon=1).fit(rows, y), classifier(**said).fit(rows, y))


def test_every_epoch_leaves_others_out():
    seen = Seen()
    classifier(input_dropout=0.2, max_iter=8, callbacks=[seen]).fit(X, y)
    assert [mask.share for mask in seen.masks] == [0.2] * 8
    assert len({mask.seed for mask in seen.masks}) == 8


def test_without_it_nothing_is_left_out_nor_drawn():
    seen = Seen()
    classifier(input_dropout=0, max_iter=2, callbacks=[seen]).fit(X, y)
    assert seen.masks == [None, None]


def test_the_seed_decides():
    one, other, another = (
        classifier(input_dropout=0.3, random_state=seed).fit(X, y) for seed in (1, 1, 2)
    )
    assert_same_fit(one, other)
    with pytest.raises(AssertionError):
        assert_same_fit(one, another)


def test_threads_do_not():
    one, two = (
        classifier(input_dropout=0.3, n_threads=n, batch_size=100).fit(X, y) for n in (1, 2)
    )
    assert_same_fit(one, two)


def test_sparse_rows_lose_the_same():
    rows = csr_array(X * (np.abs(X) > 1))
    dense, sparse = (
        classifier(input_dropout=0.3, method="static").fit(table, y)
        for table in (rows.toarray(), rows)
    )
    assert_same_fit(dense, sparse)


def test_prediction_sees_everything():
    model = classifier(input_dropout=0.5).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    assert model.score(X, y) > 0.9


def test_columns_that_repeat_each_other_share_the_work():
    """What it is for: of columns that say the same, none is relied on alone."""
    rows, labels = make_classification(
        600, 40, n_informative=5, n_redundant=35, random_state=0, shuffle=False
    )
    with_it, without = (
        classifier(input_dropout=share, max_iter=60, alpha=0).fit(rows, labels)
        for share in (0.3, 0.0)
    )
    assert with_it.feature_importances_.max() < without.feature_importances_.max()


def test_a_model_file_tells(tmp_path):
    model = classifier(input_dropout=0.25).fit(X, y)
    save_model(tmp_path / "model.ctre", model)
    loaded = load_model(tmp_path / "model.ctre").estimator
    assert (loaded.input_dropout, loaded.input_dropout_) == (0.25, 0.25)


def test_the_paper_leaves_nothing_out():
    assert PROTOCOLS["paper"]["input_dropout"] == 0
