from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from ctre.datasets import CATALOGUE, load
from ctre.datasets.entry import Published
from ctre.datasets.store import content_digest
from ctre.preprocessing import fit_scaling
from ctre.vocabulary import SCALINGS

PUBLISHED = {record.name: record for record in CATALOGUE if isinstance(record.origin, Published)}
SMALL = ["madelon", "isolet", "pcmac", "basehock", "mnist", "fashion-mnist"]


def require(record, data_home):
    if not (data_home / record.origin.file).exists():
        pytest.skip(f"{record.origin.file} is not in CTRE_DATA_HOME")
    return record


def check_protocol(record, data_home):
    dataset = load(record.name, data_home=data_home, download=False)
    assert dataset.X_train.shape == (record.n_train, record.n_features)
    assert dataset.X_test.shape == (record.n_test, record.n_features)
    assert dataset.y_train.shape == (record.n_train,)
    assert dataset.y_test.shape == (record.n_test,)
    assert_array_equal(np.unique(dataset.y_train), range(record.n_classes))
    assert_array_equal(np.unique(dataset.y_test), range(record.n_classes))
    assert dataset.X_train.dtype == dataset.X_test.dtype == np.float32
    assert dataset.paper_scale == record.paper_scale
    scaling = fit_scaling(dataset.paper_scale, dataset.X_train)
    assert type(scaling.apply(dataset.X_test[:9])) is type(dataset.X_test)  # sparse rows stay so
    assert (dataset.image_shape is not None) == ("images" in record.kind)
    assert dataset.image_shape is None or np.prod(dataset.image_shape) == record.n_features
    return dataset


def test_the_eight_sets_of_the_paper_are_there():
    assert {"madelon", "isolet", "mnist", "fashion-mnist"} < set(PUBLISHED)
    assert {"cifar10", "cifar100", "pcmac", "basehock"} < set(PUBLISHED)


def test_names_and_files_are_distinct():
    names = [record.name for record in CATALOGUE]
    files = [record.origin.file for record in PUBLISHED.values()]
    assert len(set(names)) == len(names)
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("record", CATALOGUE, ids=lambda record: record.name)
def test_records_are_complete(record):
    assert record.paper_scale in SCALINGS
    assert record.source
    assert record.terms


@pytest.mark.parametrize("record", PUBLISHED.values(), ids=lambda record: record.name)
def test_every_download_is_vouched_for(record):
    origin = record.origin
    assert origin.digest or all(remote.sha256 for remote in origin.remotes)
    for remote in origin.remotes:
        assert all(url.endswith(f"/{remote.name}") for url in remote.urls)
        assert remote.sha256 is None or len(remote.sha256) == 64
        assert remote.sha256 or all(url.startswith("https://") for url in remote.urls)


def test_the_paper_scales_to_unit_range_except_madelon():
    for record in CATALOGUE:
        expected = "standard" if "madelon" in record.name else "minmax"
        assert record.paper_scale == expected


@pytest.mark.parametrize("name", SMALL)
def test_real_rows_are_split_by_protocol(name, real_data_home):
    check_protocol(require(PUBLISHED[name], real_data_home), real_data_home)


@pytest.mark.parametrize("name", SMALL)
def test_real_rows_have_the_recorded_content(name, real_data_home):
    origin = require(PUBLISHED[name], real_data_home).origin
    with np.load(real_data_home / origin.file) as archive:
        arrays = {name: archive[name] for name in origin.digested}
    digest = content_digest(arrays, origin.digested, any_order=origin.any_order)
    assert digest == origin.digest


@pytest.mark.slow  # its file takes ten seconds to decompress
def test_cifar10_is_split_by_protocol(real_data_home):
    dataset = check_protocol(require(PUBLISHED["cifar10"], real_data_home), real_data_home)
    # Channels are the last axis: the known mean of red is the mean of every third column.
    assert dataset.X_train[:, 0::3].mean(dtype=np.float64) == pytest.approx(125.30691805)


@pytest.mark.parametrize("name", ["pcmac", "basehock"])
def test_counts_of_words_are_sparse(name, real_data_home):
    record = require(PUBLISHED[name], real_data_home)
    dataset = load(name, data_home=real_data_home)
    for rows in (dataset.X_train, dataset.X_test):
        assert isinstance(rows, csr_array)
        assert rows.nnz < 0.02 * np.prod(rows.shape)
    whole = np.load(real_data_home / record.origin.file)["X"]
    assert dataset.X_train.sum() + dataset.X_test.sum() == whole.sum(dtype=np.int64)


def test_isolet_is_split_over_all_groups(real_data_home):
    """As the paper does; the official split would put all of group 5 into the test rows."""
    record = require(PUBLISHED["isolet"], real_data_home)
    with np.load(real_data_home / record.origin.file) as archive:
        X, group = archive["X"], archive["group"]
    dataset = load("isolet", data_home=real_data_home)
    fifth = {row.tobytes() for row in X[group == 5]}
    n_fifth = sum(row.tobytes() in fifth for row in dataset.X_test)
    assert 0.15 * len(dataset.X_test) < n_fifth < 0.25 * len(dataset.X_test)
