from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from ctre.errors import InvalidDataError
from ctre.experiments.tables import Table


class Measurement(NamedTuple):
    name: str
    number: int
    value: float
    extra: float | None


ROWS = [
    Measurement("a, b", 1, 0.1 + 0.2, None),
    Measurement('"ε"\nline', -2, 1e-300, 1 / 3),
    Measurement("", 0, float("inf"), 0.0),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.csv"


def test_what_is_written_is_read_back_to_the_last_digit(path):
    Table(Measurement, path).append(ROWS)
    assert Table(Measurement, path).rows == ROWS
    assert path.read_text().splitlines()[0] == "name,number,value,extra"


def test_appending_keeps_what_is_there(path):
    Table(Measurement, path).append(ROWS[:1])
    table = Table(Measurement, path)
    table.append(ROWS[1:])
    assert table.rows == ROWS
    assert Table(Measurement, path).rows == ROWS
    assert [file.name for file in path.parent.iterdir()] == ["rows.csv"]


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = Table(Measurement, None)
    table.append(ROWS)
    assert table.rows == ROWS
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_file_as_it_was(path, monkeypatch):
    Table(Measurement, path).append(ROWS[:1])
    before = path.read_bytes()
    table = Table(Measurement, path)
    monkeypatch.setattr(Table, "as_csv", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        table.append(ROWS[1:])
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["rows.csv"]


def test_rows_that_are_not_kept_leave_the_file_with_the_next_ones(path):
    Table(Measurement, path).append(ROWS)
    table = Table(Measurement, path)
    table.keep(lambda row: row.number != 1)
    table.append([])
    assert Table(Measurement, path).rows == ROWS[1:]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 0.*columns"),
        ("name,number\na,1\n", "line 1.*columns"),
        ("name,number,value,extra\na,1,2\n", "line 2.*3 values"),
        ("name,number,value,extra\na,1,2.0,\nb,one,2,\n", "line 3.*one"),
        ("name,number,value,extra\na,1.5,2,\n", "line 2.*1.5"),
        ("name,number,value,extra\na,1,,\n", "line 2.*float"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(path, text, words):
    path.write_text(text)
    with pytest.raises(InvalidDataError, match=words) as caught:
        Table(Measurement, path)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text(path):
    path.write_bytes(b"name,number,value,extra\n\xff,\xfe,\x00,\n")
    with pytest.raises(InvalidDataError, match="line 2"):
        Table(Measurement, path)


def test_two_writers_lose_nothing_of_each_other(path):
    """Planted: a file that is written anew from what one of them remembers."""
    one, other = Table(Measurement, path), Table(Measurement, path)
    one.append(ROWS[:1])
    other.append(ROWS[1:2])
    one.append(ROWS[2:])
    assert set(Table(Measurement, path).rows) == set(one.rows) == set(ROWS)


def test_two_processes_lose_nothing_of_each_other(path):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_tables import Measurement
from ctre.experiments.tables import Table
table = Table(Measurement, Path({str(path)!r}))
for number in range(40):
    table.append([Measurement(sys.argv[1], number, 0.5, None)])
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("a", "b")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    rows = Table(Measurement, path).rows
    assert sorted(row[:2] for row in rows) == [(name, n) for name in "ab" for n in range(40)]


def test_rows_that_were_forgotten_stay_forgotten(path):
    """Planted: read again from the file as if another process had written them."""
    Table(Measurement, path).append(ROWS[:2])
    table = Table(Measurement, path)
    table.keep(lambda row: row.number != 1)
    table.append(ROWS[2:])
    assert Table(Measurement, path).rows == ROWS[1:]
