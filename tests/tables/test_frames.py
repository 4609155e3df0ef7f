"""The same table from any library is the same table."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from ctre.datasets import read_file
from ctre.errors import InvalidDataError, MissingExtraError
from ctre.tables import TableEncoder, as_table, labelled_table

FRAME = pd.DataFrame(
    {
        "number": [1.5, None, 3.25, 4.0],
        "whole": [1, 2, 3, 5],
        "word": ["a", None, "b", "a"],
        "yes": [True, False, True, True],
        "day": pd.to_datetime(["2024-01-01", "2024-02-03", None, "2024-05-06"]),
    }
)
NULLABLE = FRAME.convert_dtypes()
ARROW = FRAME.convert_dtypes(dtype_backend="pyarrow")
CATEGORICAL = FRAME.assign(word=FRAME["word"].astype("category"))
OBJECTS = FRAME.astype(object).where(FRAME.notna(), None)
MAKERS = {
    "pandas": lambda: FRAME,
    "nullable": lambda: NULLABLE,
    "arrow types": lambda: ARROW,
    "categorical": lambda: CATEGORICAL,
    "objects": lambda: OBJECTS,
    "polars": lambda: pl.from_pandas(FRAME),
    "polars categorical": lambda: pl.from_pandas(FRAME).with_columns(
        pl.col("word").cast(pl.Categorical)
    ),
    "pyarrow": lambda: pa.Table.from_pandas(FRAME),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_columns_are_the_same_whoever_holds_them(make):
    expected, got = as_table(FRAME), as_table(make())
    assert got.names == expected.names
    for mine, theirs in zip(got.columns, expected.columns, strict=True):
        assert mine.is_boolean == theirs.is_boolean
        assert mine.values.dtype == theirs.values.dtype
        np.testing.assert_array_equal(mine.values, theirs.values)
    rows = TableEncoder(min_frequency=1).fit(FRAME).transform(make())
    same = TableEncoder(min_frequency=1).fit(make()).transform(FRAME)
    assert (rows.toarray() == same.toarray()).all()


def test_what_is_in_a_column():
    number, whole, word, yes, day = as_table(FRAME).columns
    np.testing.assert_array_equal(number.values, [1.5, np.nan, 3.25, 4])
    np.testing.assert_array_equal(whole.values, [1.0, 2, 3, 5])
    assert word.values.tolist() == ["a", None, "b", "a"]
    assert yes.values.tolist() == [1, 0, 1, 1]
    assert yes.is_boolean
    assert day.values.dtype == "datetime64[s]"
    assert np.isnat(day.values).tolist() == [False, False, True, False]


def test_moments_with_a_zone_are_in_utc():
    moment = pd.to_datetime(["2024-01-01 01:00"]).tz_localize("Europe/Berlin")
    (column,) = as_table(pd.DataFrame({"d": moment})).columns
    assert column.values == np.datetime64("2024-01-01T00:00:00")


SPANS = pd.Series(pd.to_timedelta([1, None, 3], unit="h"))
MOMENTS = pd.Series(pd.to_datetime(["2024-01-01 01:00", None], utc=True))


@pytest.mark.parametrize(
    ("column", "seconds"),
    [
        (SPANS, [3600, np.nan, 10800]),
        (SPANS.astype("duration[ns][pyarrow]"), [3600, np.nan, 10800]),
        (MOMENTS, [1704070800, np.nan]),
        (MOMENTS.astype("timestamp[ns, tz=UTC][pyarrow]"), [1704070800, np.nan]),
    ],
    ids=["spans", "spans of arrow", "moments", "moments of arrow"],
)
def test_spans_and_moments_may_be_missing(column, seconds):
    (got,) = as_table(pd.DataFrame({"d": column})).columns
    since = got.values
    if since.dtype.kind == "M":
        since = np.where(np.isnat(since), np.nan, since.astype(np.float64))
    np.testing.assert_array_equal(since, seconds)


def test_columns_of_arrays_are_called_by_their_places():
    rows = np.array([[1.5, "a", True], [np.nan, None, False]], dtype=object)
    table = as_table(rows)
    assert table.names == ("0", "1", "2")
    assert not table.is_named
    assert [column.natural_kind for column in table.columns] == ["number", "category", "boolean"]


def test_rows_without_names_are_taken_by_place():
    encoder = TableEncoder(min_frequency=1).fit(FRAME[["number", "whole"]])
    rows = FRAME[["number", "whole"]].to_numpy()
    assert np.array_equal(encoder.transform(rows), encoder.transform(FRAME[["whole", "number"]]))
    with pytest.raises(InvalidDataError, match="the 2 columns seen in fit, got 1"):
        encoder.transform(rows[:, :1])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (csr_array(np.eye(3)), "dense array, got a sparse matrix"),
        (FRAME[:0], "must have rows"),
        (FRAME[[]], "must have a column|must have rows"),
        (FRAME.set_axis([*"abcda"], axis=1), "'a'"),
    ],
)
def test_what_is_no_table_is_refused(table, message):
    with pytest.raises(InvalidDataError, match=message):
        as_table(table)


def test_frames_without_narwhals_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals.stable.v2", None)
    with pytest.raises(MissingExtraError, match=r'pip install "ctre\[tables\]"'):
        as_table(FRAME)


def test_all_problems_of_a_file_are_in_one_message(tmp_path):
    """Planted: two columns of one name hide the others."""
    path = tmp_path / "t.csv"
    path.write_text("a,a,label\n1,2,x\n2,3\n4,5,y\n")
    with pytest.raises(InvalidDataError, match="both called 'a'") as caught:
        read_file(path, rows_of=labelled_table)
    assert "row 2 (line 3) must have 3 fields" in str(caught.value)
