from __future__ import annotations

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
