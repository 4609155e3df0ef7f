"""A class keeps its spelling; numbers are made only of what programs print as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctre.datasets import FileFormat, labels_like, read_file
from ctre.datasets.labels import as_labels, labels_of_text, looks_measured, require_classes
from ctre.errors import InvalidDataError


def labels(*cells, **options):
    return labels_of_text(np.array(cells), "The labels", **options)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["1.0", "2.0"], [1, 2]),
        (["-1", "+1"], [-1, 1]),
        (["0.5", "2"], [0.5, 2.0]),
        (["1e+05", "123456"], [100000, 123456]),
        (["1.5e-05", "2"], [1.5e-05, 2.0]),
        (["9007199254740993", "9007199254740992"], [9007199254740993, 9007199254740992]),
    ],
)
def test_numbers_as_programs_print_them(cells, expected):
    y = labels(*cells)
    assert y.tolist() == expected
    assert y.dtype.kind == ("i" if isinstance(expected[0], int) else "f")


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "070"],
        ["007", "7"],
        ["1_0", "10", "20"],
        ["1e5", "2e5"],
        ["0x10", "16"],
        ["1", "2", "3 or more"],
        ["inf", "1"],
        ["TRUE", "FALSE"],
        ["١", "1"],
        [".5", "1"],
        ["12345678901234567890", "12345678901234567891"],
        ["none", "some"],
    ],
)
def test_what_else_looks_like_a_number_is_a_name(cells):
    assert labels(*cells).tolist() == cells


@pytest.mark.parametrize("cells", [["1", "1.0", "2"], ["1.1", "1.10"], ["0", "-0"], ["+1", "1"]])
def test_two_spellings_of_a_number_stay_two_classes(cells):
    with pytest.warns(UserWarning, match="same number and spelled differently"):
        assert labels(*cells).tolist() == cells


@given(st.lists(st.from_regex(r"[+-]?[01]{1,2}(\.[05])?", fullmatch=True), min_size=2))
@pytest.mark.filterwarnings("ignore:The labels")
def test_labels_are_equal_if_spelled_alike_whatever_the_other_rows(cells):
    """Planted mistake: 1 and 1.0 are one class until a text is among them."""
    y = labels(*cells)
    with_text = labels(*cells, "text")
    for first in range(len(cells)):
        for second in range(len(cells)):
            is_same = cells[first] == cells[second]
            assert (y[first] == y[second]) == is_same
            assert (with_text[first] == with_text[second]) == is_same


def test_labels_of_a_known_kind():
    assert labels("1.5", "1.50", kind="number").tolist() == [1.5, 1.5]
    assert labels("$5", "7", kind="number").tolist() == [5, 7]
    assert labels("1,5", "7", kind="number", decimal=",").tolist() == [1.5, 7]
    assert labels("1", "2", kind="text").tolist() == ["1", "2"]
    with pytest.raises(InvalidDataError, match="The labels must be numbers, got 'red'"):
        labels("1", "red", kind="number")


def test_decimal_commas(written):
    y = read_file(written("a;y\n1,5;2,5\n2,5;3,25\n")).y_train
    assert y.tolist() == [2.5, 3.25]
    path = written("a,y\n1,1.5\n2,1.50\n3,2\n")
    told = FileFormat(label_type="number")
    assert read_file(path, file_format=told).y_train.tolist() == [1.5, 1.5, 2]


@pytest.mark.parametrize(
    ("y", "classes", "expected"),
    [
        (np.array([1, 2]), np.array(["1", "2", "3 or more"]), ["1", "2"]),
        (np.array(["1", "2"]), np.array([1, 2]), [1, 2]),
        (np.array(["1.0", "2.0"]), np.array([1, 2]), [1, 2]),
        (np.array(["true", "FALSE"]), np.array([0, 1]), [1, 0]),
        (np.array([1.0, 2.0]), np.array([1, 2]), [1, 2]),
        (np.array(["lily", "rose"]), np.array(["rose"], dtype=object), ["lily", "rose"]),
        (np.array(["red", "1"]), np.array([1, 2]), ["red", "1"]),
    ],
)
def test_labels_to_compare_take_the_type_of_the_classes(y, classes, expected):
    assert labels_like(y, classes).tolist() == expected


def test_bytes_and_large_integers_stay_apart():
    assert as_labels(np.array([b"caf\xc3\xa9", b"x"]), "y").tolist() == ["café", "x"]
    assert as_labels(np.array([b"caf\xe9", b"x"]), "y").tolist() == ["café", "x"]
    large = np.array([2**63, 2**63 + 1], dtype=np.uint64)
    assert len(set(as_labels(large, "y").tolist())) == 2


def test_many_labels_of_one_row_are_a_measurement():
    assert looks_measured(np.arange(40))
    assert looks_measured(np.array([f"name {place}" for place in range(40)]))
    assert not looks_measured(np.arange(40) % 20)
    assert not looks_measured(np.array(["a", "a", "b", "b", "c"]))
    assert looks_measured(np.append(np.arange(40), np.zeros(700, dtype=int)))


def test_many_rare_classes_beside_large_ones_are_classes():
    """Planted: the rows are not counted."""
    long_tail = np.concatenate([np.arange(16), np.arange(16, 30).repeat(70)])
    assert not looks_measured(long_tail)
    require_classes(long_tail)


@pytest.mark.parametrize(
    ("labels", "what"),
    [(np.arange(40), "a measurement"), (np.array([f"name {i}" for i in range(40)]), "names")],
)
def test_labels_that_are_no_classes_are_refused_where_classes_are_learned(labels, what):
    with pytest.raises(InvalidDataError, match=f"40 of the 40 .* they look like {what}"):
        require_classes(labels)
