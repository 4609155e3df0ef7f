from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from ctre.datasets import Dataset, load, make_madelon
from ctre.preprocessing import Scaling

RELEVANT = (28, 48, 64, 105, 128, 153, 241, 281, 318, 336)
RELEVANT += (338, 378, 433, 442, 451, 453, 455, 472, 475, 493)


def accuracy(model, dataset: Dataset, columns) -> float:
    scaling = Scaling.fit("standard", dataset.X_train)
    train, test = scaling.apply(dataset.X_train), scaling.apply(dataset.X_test)
    model.fit(train[:, columns], dataset.y_train)
    return model.score(test[:, columns], dataset.y_test)


def check_hardness(dataset, informative):
    """Near rows tell the class once one knows the columns; a plane through all does not."""
    assert 0.85 < accuracy(KNeighborsClassifier(10), dataset, informative) < 0.95
    assert accuracy(LogisticRegression(C=1e-3), dataset, slice(None)) < 0.75


def test_it_has_madelons_shape():
    dataset = make_madelon()
    assert dataset.X_train.shape == (2000, 500)
    assert dataset.X_test.shape == (600, 500)
    assert dataset.X_train.dtype == np.float32
    assert dataset.informative.shape == (20,)
    assert np.all(np.diff(dataset.informative) > 0)
    assert np.bincount(dataset.y_train).min() > 950
    assert 400 < dataset.X_train.mean() < 600
    assert_array_equal(dataset.X_train, np.rint(dataset.X_train))
    assert dataset.scale == "standard"


def test_the_catalogue_lends_the_first_of_them():
    assert_array_equal(load("make-madelon").X_train, make_madelon(0).X_train)


def test_a_seed_is_a_data_set():
    first, again, other = make_madelon(1), make_madelon(1), make_madelon(2)
    assert_array_equal(first.X_train, again.X_train)
    assert_array_equal(first.y_test, again.y_test)
    assert not np.array_equal(first.informative, other.informative)
    assert not np.array_equal(first.X_train, other.X_train)


def test_other_sizes():
    dataset = make_madelon(n_train=100, n_test=10)
    assert dataset.X_train.shape == (100, 500)
    assert dataset.y_test.shape == (10,)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_as_hard_as_madelon(seed):
    dataset = make_madelon(seed)
    check_hardness(dataset, dataset.informative)


def test_madelon_itself_is_as_hard(real_data_home):
    check_hardness(load("madelon", data_home=real_data_home), RELEVANT)


def test_informative_columns_go_together_and_the_others_do_not():
    dataset = make_madelon(3)
    related = np.abs(np.corrcoef(dataset.X_train.T)) - np.eye(500)
    probes = np.setdiff1d(np.arange(500), dataset.informative)
    assert related[probes].max() < 0.15
    assert np.all(related[np.ix_(dataset.informative, dataset.informative)].max(axis=0) > 0.3)


def test_no_informative_column_alone_tells_the_class():
    dataset = make_madelon(0)
    classes = [dataset.X_train[dataset.y_train == label] for label in (0, 1)]
    gap = np.abs(classes[0].mean(axis=0) - classes[1].mean(axis=0)) / dataset.X_train.std(axis=0)
    assert gap.max() < 0.6
