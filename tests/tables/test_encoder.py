"""What becomes of each kind of column, and that it is learned from training rows alone."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import issparse
from sklearn.base import clone

from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.tables import (
    Boolean,
    Category,
    Date,
    Dropped,
    Number,
    TableEncoder,
    UnknownCategoriesWarning,
)


def dense(rows):
    return rows.toarray() if issparse(rows) else rows


def encoded(encoder, table):
    rows = dense(encoder.transform(table))
    return dict(zip(encoder.get_feature_names_out().tolist(), rows.T, strict=True))


def fit(table, **options):
    encoder = TableEncoder(**options).fit(table)
    return encoder, encoded(encoder, table)


def test_a_number_is_its_distance_from_the_median_in_quartile_ranges():
    values = np.arange(0.0, 101.0)[::-1] * 3 + 0.5
    encoder, features = fit(pd.DataFrame({"x": values}))
    assert encoder.columns_["x"] == Number(median=150.5, spread=150.0, has_gaps=False)
    assert features["x"][50] == 0
    distance = (values - 150.5) / 150
    assert features["x"] == pytest.approx(distance / np.sqrt(1 + (distance / 3) ** 2))


def test_a_huge_number_counts_for_three_ranges_and_no_more():
    train = pd.DataFrame({"x": np.arange(11.0) ** 1.1})
    encoder = TableEncoder().fit(train)
    new = encoded(encoder, pd.DataFrame({"x": [1e300, -1e300, 1.7e308]}))["x"]
    assert new == pytest.approx([3, -3, 3])


def test_a_missing_number_is_the_median_and_is_said():
    encoder, features = fit(pd.DataFrame({"x": [1.5, np.nan, 2.5, 40.0]}))
    assert encoder.columns_["x"].median == 2.5
    assert features["x"][1] == 0
    assert features["x is missing"].tolist() == [0, 1, 0, 0]


def test_a_gap_that_training_did_not_have_is_the_median():
    encoder = TableEncoder().fit(pd.DataFrame({"x": [1.5, 2.5, 40.0]}))
    assert encoded(encoder, pd.DataFrame({"x": [np.nan]})) == {"x": [0.0]}


def test_a_constant_with_gaps_says_only_whether_it_is_there():
    _, features = fit(pd.DataFrame({"x": [7.0, np.nan, 7.0]}))
    assert {name: values.tolist() for name, values in features.items()} == {
        "x is missing": [0, 1, 0]
    }


def test_categories_are_features_and_rare_ones_share_one():
    words = ["b"] * 3 + ["a"] * 2 + ["x", "y", None]
    encoder, features = fit(pd.DataFrame({"w": words}), min_frequency=2)
    assert encoder.columns_["w"] == Category(("a", "b"), ("x", "y"), has_gaps=True)
    assert {name: values.tolist() for name, values in features.items()} == {
        "w=a": [0, 0, 0, 1, 1, 0, 0, 0],
        "w=b": [1, 1, 1, 0, 0, 0, 0, 0],
        "w is rare": [0, 0, 0, 0, 0, 1, 1, 0],
        "w is missing": [0, 0, 0, 0, 0, 0, 0, 1],
    }


@pytest.mark.parametrize(
    ("rare", "expected"), [([], [0, 0]), (["z"], [0, 0, 1])], ids=["without", "with rare ones"]
)
def test_an_unknown_category_is_rare_or_nothing_and_is_counted(rare, expected):
    encoder = TableEncoder(min_frequency=2).fit(pd.DataFrame({"w": ["a", "a", "b", "b", *rare]}))
    new = pd.DataFrame({"w": ["new", "a", "new", "newer"]})
    with pytest.warns(UnknownCategoriesWarning, match=r"'w' in 3 rows \('new', 'newer'\)"):
        rows = encoder.transform(new)
    assert dense(rows)[0].tolist() == expected
    assert encoder.encode(new)[1] == {"w": {"new": 2, "newer": 1}}


def test_no_warning_where_all_is_known():
    table = pd.DataFrame({"w": ["a", "b", None] * 5})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableEncoder().fit(table).transform(table)


def test_booleans_are_zero_and_one_and_the_usual_one_where_missing():
    table = pd.DataFrame({"b": pd.array([True, None, True, False], dtype="boolean")})
    encoder, features = fit(table)
    assert encoder.columns_["b"] == Boolean(usual=1.0, has_gaps=True)
    assert features["b"].tolist() == [1, 1, 1, 0]
    assert features["b is missing"].tolist() == [0, 1, 0, 0]


def test_words_for_yes_and_no_are_booleans():
    """As in CSV files: a model trained on one takes frames of the same table."""
    encoder, features = fit(pd.DataFrame({"b": ["Yes", "no", None, "no"]}))
    assert encoder.columns_["b"] == Boolean(usual=0.0, has_gaps=True)
    assert features["b"].tolist() == [1, 0, 0, 0]
    with pytest.raises(InvalidDataError, match="'b' must hold numbers, got 'maybe'"):
        encoder.transform(pd.DataFrame({"b": ["maybe"]}))


def test_a_date_is_days_and_the_parts_that_vary():
    moments = pd.date_range("2023-12-30", periods=8, freq="D")
    encoder, features = fit(pd.DataFrame({"d": moments}))
    assert encoder.columns_["d"].parts == ("month", "weekday")
    assert features["d: Dec"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert features["d: Jan"].tolist() == [0, 0, 1, 1, 1, 1, 1, 1]
    assert features["d: Mon"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]  # the first of January
    assert (np.diff(features["d"]) > 0).all()


def test_the_hour_counts_where_it_varies():
    hours = pd.to_datetime(["2024-05-06 00:30", "2024-05-06 13:00", "2024-05-06 23:59"])
    encoder, features = fit(pd.DataFrame({"d": hours}))
    assert encoder.columns_["d"].parts == ("hour",)
    assert [features[f"d: {hour} h"].tolist() for hour in (0, 13, 23)] == np.eye(3).tolist()


@given(st.datetimes(datetime.datetime(1850, 1, 1), datetime.datetime(2200, 1, 1)))
def test_parts_are_those_of_the_calendar(moment):
    table = pd.DataFrame({"d": np.array(["1999-01-01", "2000-02-02T02:00"], "datetime64[s]")})
    encoder = TableEncoder().fit(table)
    features = encoded(encoder, pd.DataFrame({"d": np.array([moment], "datetime64[s]")}))
    names = {name for name, (value,) in features.items() if name.startswith("d: ") and value == 1}
    month, weekday = moment.strftime("%b %a").split()
    assert names == {f"d: {month}", f"d: {weekday}", f"d: {moment.hour} h"}


@pytest.mark.parametrize(
    ("cells", "pattern"),
    [
        (["2024-03-01", "2023-12-24"], "ISO 8601"),
        (["2024-03-01T12:00:00Z", "2024-03-01T14:00:00+02:00"], "ISO 8601"),
        (["31.12.2023", "1.3.2024"], "%d.%m.%Y"),
        (["12/31/2023", "3/1/2024"], "%m/%d/%Y"),
        (["31/12/2023", "1/3/2024"], "%d/%m/%Y"),
        (["3/1/2024", "4/2/2024"], "%m/%d/%Y"),
        (["31-Dec-2023", "1-Mar-2024"], "%d-%b-%Y"),
        (["Mar 1, 2024 14:05", "Dec 31, 2023 00:00"], "%b %d, %Y %H:%M"),
    ],
)
def test_dates_as_text_are_read_in_one_way(cells, pattern):
    encoder = TableEncoder().fit(pd.DataFrame({"d": [*cells, None], "x": [1.5, 2, 3]}))
    assert isinstance(encoder.columns_["d"], Date) or pattern == "ISO 8601"
    if isinstance(encoder.columns_["d"], Date):
        assert encoder.columns_["d"].pattern == pattern
        with pytest.raises(InvalidDataError, match=r"'d' must hold dates written as .*'soon'"):
            encoder.transform(pd.DataFrame({"d": ["soon"], "x": [1.0]}))


def test_moments_with_zones_are_the_same_moments():
    cells = ["2024-03-01T12:00:00Z", "2024-03-01T14:00:00+02:00", "2024-03-02T00:00:00Z"]
    _, features = fit(pd.DataFrame({"d": cells}))
    assert features["d"][0] == features["d"][1] < features["d"][2]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("x", [3.0] * 12, "constant"),
        ("x", [np.nan] * 12, "empty"),
        ("x", [None] * 12, "empty"),
        ("x", ["a"] * 12, "constant"),
        ("x", [f"text {n}" for n in range(12)], "nearly all different"),
        ("x", [f"text {n // 2}" for n in range(12)], "no value in 5 rows"),
        ("x", range(100, 112), "identifier"),
        ("x", [*range(7, 12), *range(7)], "identifier"),
        ("customerID", [n * n for n in range(12)], "identifier"),
        ("order_id", [n * n for n in range(12)], "identifier"),
    ],
)
def test_what_says_nothing_is_dropped_and_said(name, values, why):
    encoder, features = fit(pd.DataFrame({name: values, "y": [0.5, 1.5, 2.5] * 4}))
    assert encoder.columns_[name] == Dropped(why)
    assert list(features) == ["y"]
    encoder.transform(pd.DataFrame({"y": [1.0]}))  # it need not be there


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("humidity", [n * n for n in range(12)]),  # neither counted nor called a key
        ("id", [0.5 * n for n in range(12)]),  # no whole numbers
        ("id", [1, 1, *range(2, 12)]),  # not all different
        ("x", [1, 2, 3]),  # too few to tell
    ],
)
def test_what_may_say_something_is_kept(name, values):
    encoder, _ = fit(pd.DataFrame({name: values}))
    assert isinstance(encoder.columns_[name], Number)


def test_kinds_win_over_looks():
    table = pd.DataFrame({"zip": [10115, 10115, 20095] * 4, "id": range(12), "x": [1.5, 2] * 6})
    kinds = {"zip": "category", "id": "number", "x": "dropped"}
    encoder, features = fit(table, kinds=kinds, min_frequency=4)
    assert list(features) == ["id", "zip=10115", "zip=20095"] or list(features) == [
        "zip=10115", "zip=20095", "id",
    ]  # fmt: skip
    assert encoder.columns_["x"] == Dropped("as asked")


def test_only_training_rows_count():
    """Planted mistake: transform that learns again."""
    table = pd.DataFrame({"x": [1.0, 2, 4, 8], "w": list("aabb")})
    encoder = TableEncoder(min_frequency=1).fit(table)
    before = dict(encoder.columns_)
    new = encoded(encoder, pd.DataFrame({"x": [100.0, 200.0], "w": ["b", "b"]}))
    assert encoder.columns_ == before
    assert (new["x"] > 2.9).all()
    assert new["w=a"].tolist() == [0, 0]


def test_sparse_where_that_is_smaller_and_equal_either_way(rng):
    words = rng.choice([f"w{n}" for n in range(40)], 400)
    table = pd.DataFrame({"w": words, "x": rng.normal(size=400), "m": [1.5, None] * 200})
    wide = TableEncoder().fit(table)
    narrow = TableEncoder().fit(table[["x", "m"]])
    assert wide.is_sparse_
    assert not narrow.is_sparse_
    rows = wide.transform(table)
    assert issparse(rows)
    assert rows.indices.dtype == np.int32  # forests of scikit-learn take no other
    wide.is_sparse_ = False
    assert (wide.transform(table) == rows.toarray()).all()


def test_rows_do_not_depend_on_each_other(rng):
    table = pd.DataFrame({"x": rng.normal(size=50), "w": rng.choice(list("abc"), 50)})
    table["d"] = pd.date_range("2024", periods=50)
    encoder = TableEncoder().fit(table)
    parts = [dense(encoder.transform(table[start : start + 10])) for start in range(0, 50, 10)]
    assert (dense(encoder.transform(table)) == np.vstack(parts)).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"min_frequency": 0}, InvalidParameterError, "min_frequency must be .*got 0"),
        ({"min_frequency": 0.1}, InvalidParameterError, "got 0.1"),
        ({"kinds": {"z": "number"}}, UnknownNameError, "column 'z'"),
        ({"kinds": {"x": "numeric"}}, UnknownNameError, "kind of column 'numeric'"),
        ({"kinds": {"x": "date"}}, InvalidDataError, "'x' must hold dates, got numbers"),
        ({"kinds": {"w": "number"}}, InvalidDataError, "'w' must hold numbers, got 'a'"),
        ({"kinds": {"x": "boolean"}}, InvalidDataError, "'x' must hold yes or no.*got 3"),
    ],
)
def test_wrong_parameters_are_named(options, error, message):
    with pytest.raises(error, match=message):
        TableEncoder(**options).fit(pd.DataFrame({"x": [3.0, 4.0], "w": ["a", "b"]}))


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ({"x": [1.0]}, "without 'w'"),
        ({"x": [1.0], "w": ["a"], "z": [1]}, "with 'z', which fit did not see"),
        ({"x": ["tall"], "w": ["a"]}, "'x' must hold numbers, got 'tall'"),
        ({"x": [np.inf], "w": ["a"]}, "'x' must hold finite numbers, got inf"),
        ({"x": pd.to_datetime(["2024-01-01"]), "w": ["a"]}, "'x' must hold numbers, got dates"),
    ],
)
def test_rows_unlike_the_training_rows_are_refused(new, message):
    table = pd.DataFrame({"x": [1.0, 2, 4, 8], "w": list("aabb")})
    encoder = TableEncoder(min_frequency=1).fit(table)
    with pytest.raises(InvalidDataError, match=message):
        encoder.transform(pd.DataFrame(new))


def test_a_table_of_which_nothing_is_left_is_refused():
    with pytest.raises(InvalidDataError, match="all are dropped: 'x': constant"):
        TableEncoder().fit(pd.DataFrame({"x": [1, 1]}))


def test_it_is_a_transformer_of_scikit_learn():
    encoder = TableEncoder(min_frequency=3, kinds={"x": "number"})
    assert clone(encoder).get_params() == encoder.get_params()
    assert "TableEncoder" in repr(encoder)
