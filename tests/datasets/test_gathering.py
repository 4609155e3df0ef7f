"""Numbers made of whole blocks are what each column by itself gives; in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from ctre.datasets import gathering, table
from ctre.datasets.file_format import FileFormat
from ctre.datasets.source import Source
from ctre.datasets.table import read_table

NEAR_NUMBERS = (
    *("1_0", "007", " 8 ", "nan", "NA", "", "?", "inf", "-Infinity", "1,5", "1,234", "1.234"),
    *("1.234,5", "0x1F", "5%", "$7", "\u22125", "\u0663", "1e400", "1 000", "TRUE", "red"),
    *("2024-01-01", "-", ".5", "1d3", "-0", "1.000", "#", "12:30", "-999", "1.5"),
)
NUMBERS = st.one_of(
    st.integers(-999, 9999).map(str),
    st.floats(-1e6, 1e6).map(repr),
    st.floats(-99, 99).map("{:.3f}".format),
)


@st.composite
def tables(draw):
    """Draw cells of mostly plain numbers; rows may be blank, cut off, or end within a label."""
    width, n_rows = draw(st.integers(2, 5)), draw(st.integers(1, 12))
    rows = [[draw(NUMBERS) for _ in range(width)] for _ in range(n_rows)]
    for _ in range(draw(st.integers(0, 5))):
        row, place = draw(st.integers(0, n_rows - 1)), draw(st.integers(0, width - 1))
        rows[row][place] = draw(st.sampled_from(NEAR_NUMBERS))
    lines = [",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows]
    labels = draw(
        st.lists(
            st.sampled_from(["007", "7", "1_0", "10", '"a\nb"', "NA", "1.0"]),
            min_size=n_rows,
            max_size=n_rows,
        )
    )
    lines = [f"{line},{label}" for line, label in zip(lines, labels, strict=True)]
    for odd in draw(st.lists(st.sampled_from(["", "1,2,3,4,5,6,7,8", "# half way"]), max_size=2)):
        lines.insert(draw(st.integers(0, n_rows)), odd)
    names = [f"c{place}" for place in range(width)]
    return "\n".join([",".join([*names, "label"]), *lines]) + "\n"


def raw(text, told, constant="_BLOCK_CELLS", value=1 << 16):
    """Read a table with something else in the place of what its reader uses."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table, constant, value)
        return read_table(Source("a.csv", content=text.encode()), need_labels=True, told=told)


def require_same(ours, theirs):
    assert ours.problems == theirs.problems
    assert ours.file_format == theirs.file_format
    assert_array_equal(ours.lines, theirs.lines)
    assert_array_equal(ours.labels, theirs.labels)
    assert len(ours.columns) == len(theirs.columns)
    for column, other in zip(ours.columns, theirs.columns, strict=True):
        told = (column.name, column.place, column.kind, column.ambiguity)
        assert told == (other.name, other.place, other.kind, other.ambiguity)
        assert column.values.dtype == other.values.dtype
        assert_array_equal(column.values, other.values)
        if column.is_numeric:
            assert_array_equal(np.signbit(column.values), np.signbit(other.values))


def keep_all(keep):
    return gathering.GatheredCells([True] * len(keep))


@settings(max_examples=60, deadline=None)
@example("c0,label\n1_0,a\n2,b\n", ".", None, 4)
@given(
    tables(),
    st.sampled_from([None, ".", ","]),
    st.sampled_from([None, ("-999", "red")]),
    st.integers(1, 30),
)
def test_blocks_make_the_table_that_single_cells_make(text, decimal, missing, n_cells):
    """Planted mistakes: 1_0 is a number; -999 is no mark; points are seen in one block only."""
    told = FileFormat(header=True, delimiter=",", decimal=decimal, missing=missing)
    whole = raw(text, told)
    blocks = raw(text, told, value=n_cells)
    require_same(blocks, whole)
    if decimal is not None:  # else a point that is certain is one of plain numbers or of others
        careful = raw(text, told, "GatheredCells", keep_all)
        require_same(whole, careful)


def test_a_point_that_is_certain_may_come_late(monkeypatch):
    """Planted mistake: a column whose first points may be between thousands is not looked at."""
    monkeypatch.setattr("ctre.datasets.table._BLOCK_CELLS", 2)
    rows = Source("a.csv", content=b"a,y\n1.234,0\n5.678,1\n1.5,0\n")
    assert read_table(rows, need_labels=True).file_format.decimal == "."


def test_reading_takes_few_times_the_size_of_the_numbers(tmp_path):
    """Planted mistake: cells are kept as text, 50 bytes each, or columns are gathered twice."""
    script = Path(__file__).with_name("peak_memory.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path / "a.csv", "3000", "200"],
        check=True,
        capture_output=True,
        text=True,
    )
    peaks = json.loads(done.stdout)
    assert 1 < peaks["traced"] < 4
    assert peaks["resident"] < 5
