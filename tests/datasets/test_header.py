"""A header that is not certain is asked for, and a row of data is never lost to one."""

from __future__ import annotations

import pytest

from ctre.datasets import FileFormat, KnownFile, read_file, read_raw_table, read_samples
from ctre.errors import InvalidDataError, InvalidParameterError

DECIMALS = "\n".join(f"{place}.5,{-place * 0.25},{'ab'[place % 2]}" for place in range(1, 9))
INTEGERS = "\n".join(f"{place * 7 % 5},{place * 3 % 7},{place % 2}" for place in range(9))
COLOURS = "red,round\nblue,square\nred,square\nblue,round\n" * 2


def read(written, text, **options):
    return read_file(written(text), target=-1, **options)


@pytest.mark.parametrize(
    ("first", "below"),
    [
        ("0,1,2", DECIMALS),
        ("2018,2019,2020", DECIMALS),
        ("5,9,14", DECIMALS),
        ("id,2018,2019", INTEGERS),
        ("2024-01-01,2024-01-02,label", DECIMALS),
        ("a,b,c", INTEGERS),
        ('"a","b","c"', DECIMALS),
        ("flag,when,c", "TRUE,2024-01-01,x\nFALSE,2024-01-02,y"),
        ("colour,shape", COLOURS),
    ],
)
def test_certain_headers(written, first, below):
    table = read_raw_table(written(f"{first}\n{below}\n"), target=-1)
    assert table.names == tuple(first.replace('"', "").split(",")[:-1])
    assert len(table.labels) == below.count("\n") + (not below.endswith("\n"))


@pytest.mark.parametrize(
    ("first", "below"),
    [
        ("0.5,1.5,a", DECIMALS),
        ("-999,1.5,a", DECIMALS),
        ("5,9,12", INTEGERS),
        ("1,2,3", "4,5,6\n7,8,9"),
        ("1,2", "3,4"),
        ("1,n,y", "2,y,n\n3,n,y\n4,y,y"),
        ("0.126,?,a", DECIMALS + "\n1.5,2.5,a"),
    ],
)
def test_certain_data(written, first, below):
    file = written(f"{first}\n{below}\n")
    if "?" in first:  # the row is there, with its missing value
        with pytest.raises(InvalidDataError, match=r"row 1 \(line 1\), column 2: the value is mis"):
            read_file(file, target=-1)
    else:
        dataset = read_file(file, target=-1)
        assert dataset.feature_names is None
        assert len(dataset.y_train) == 1 + below.count("\n") + 1


@pytest.mark.parametrize("mark", ["?", "", "NA", "nan", "null"])
def test_a_missing_value_is_no_evidence_for_a_header(written, mark):
    """Planted mistake: what is no number above numbers is a name."""
    with pytest.raises(InvalidDataError, match=r"row 1 \(line 1\), column 1: the value is missing"):
        read(written, f"{mark},-0.132,a\n{DECIMALS}\n")


@pytest.mark.parametrize(
    ("first", "below"),
    [
        ("0,1,2", INTEGERS),
        ("1,2,3", INTEGERS),
        ("2018,2019,2020", INTEGERS),
        ("red,2,0", INTEGERS),
        ("n.a.,2.5,a", DECIMALS),
        ("red,round", "blue,square\ngreen,oval"),
    ],
)
def test_what_may_be_either_is_asked_for(written, first, below):
    text = f"{first}\n{below}\n"
    with pytest.raises(InvalidParameterError, match="Say which: header=True or header=False"):
        read(written, text)


def test_what_was_told_holds(written):
    text = f"2018,2019,2020\n{DECIMALS}\n"
    dataset = read(written, text, file_format=FileFormat(header=False))
    assert dataset.X_train[0].tolist() == [2018, 2019]
    dataset = read(written, f"0,1,2\n{INTEGERS}\n", file_format=FileFormat(header=True))
    assert dataset.feature_names == ("0", "1")


def test_a_usual_name_that_recurs_below_is_a_value(written):
    """Planted mistake: any y in the first row makes it a header."""
    dataset = read(written, "1,n,y\n2,y,n\n3,n,y\n")
    assert dataset.X_train.tolist() == [[1, 0], [2, 1], [3, 0]]
    assert dataset.y_train.tolist() == ["y", "n", "y"]


def test_without_certainty_a_model_without_names_tells(written):
    """Its training file had no header, and so has this one."""
    known = KnownFile(n_features=3, file_format=FileFormat(header=False))
    assert read_samples(written(f"0,1,2\n{INTEGERS}\n"), known=known).X.shape == (10, 3)
