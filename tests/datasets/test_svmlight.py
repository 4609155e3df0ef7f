"""SVMLight files: what counts the columns is remembered, and lines are named."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from ctre.datasets import FileFormat, KnownFile, read_file, read_samples
from ctre.errors import InvalidDataError, InvalidParameterError

ROWS = [[1.5, 0, 2], [0, -3, 0]]


@pytest.fixture
def svmlight(written):
    return lambda text, name="a.svm": written(text, name)


def fails(match, path, error=InvalidDataError, **options):
    with pytest.raises(error, match=match):
        read_file(path, **options)


@pytest.mark.parametrize("name", ["a.svmlight", "a.svm", "a.libsvm", "a.svmlight.gz"])
@pytest.mark.parametrize(
    "text",
    [
        "1 1:1.5 3:2\n0 2:-3 # a remark\n",
        "# made today\n\n1 1:1.5 3:2\n0 2:-3\n",
        "+1 3:2 1:1.5\n0 2:-3\n",
        "1\t1:1.5\t3:2\n0\t2:-3\n",
        "1 0:1.5 2:2\n0 1:-3\n",
        "1 qid:1 1:1.5 3:2\n0 qid:2 2:-3\n",
        "1 1:1.5 2:0 3:2\n0 2:-3\r\n",
        "\ufeff1 1:1.5 3:2\n0 2:-3\n",
    ],
)
def test_rows(svmlight, text, name):
    dataset = read_file(svmlight(text, name))
    assert isinstance(dataset.X_train, csr_array)
    assert dataset.X_train.dtype == np.float32
    assert_array_equal(dataset.X_train.toarray(), ROWS)
    assert dataset.y_train.tolist() == [1, 0]
    assert dataset.paper_scale == "std"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [(("cat", "dog"), ["cat", "dog"]), (("007", "7"), ["007", "7"]), (("0.5", "2"), [0.5, 2])],
)
def test_labels_keep_their_spelling(svmlight, labels, expected):
    y = read_file(svmlight(f"{labels[0]} 1:1\n{labels[1]} 2:1\n")).y_train
    assert y.tolist() == expected


def test_labels_may_be_missing_throughout(svmlight):
    path = svmlight("1:0.5 2:0.25\n2:0.5 3:1\n")
    samples = read_samples(path)
    assert samples.y is None
    assert_array_equal(samples.X.toarray(), [[0.5, 0.25, 0], [0, 0.5, 1]])
    fails("must hold labels to train on, and has none", path)
    fails("1 of 2 rows have no label", svmlight("1:0.5\n1 2:0.5\n"))


def known(base, n_features=3):
    return KnownFile(n_features=n_features, file_format=FileFormat(index_base=base))


@pytest.mark.parametrize("base", [0, 1])
def test_columns_are_counted_as_in_training(svmlight, base):
    """Planted mistake: counted anew, all columns of the second file shift by one."""
    shift = base - 1
    trained = read_file(svmlight(f"1 {1 + shift}:1.5 {3 + shift}:2\n0 {2 + shift}:-3\n"))
    assert trained.file_format.index_base == base
    without_first = svmlight(f"0 {2 + shift}:-3\n")
    samples = read_samples(
        without_first, known=KnownFile(n_features=3, file_format=trained.file_format)
    )
    assert_array_equal(samples.X.toarray(), [[0, -3, 0]])


def test_a_column_outside_those_of_training_is_placed(svmlight):
    path = svmlight("0 1:1\n1 0:1 1:2\n")
    with pytest.raises(InvalidDataError, match="line 2: column 0 must be 1 to 3, as in training"):
        read_samples(path, known=known(1))
    with pytest.raises(InvalidDataError, match="line 2: column 9 must be 0 to 2, as in training"):
        read_samples(svmlight("0 1:1\n1 9:1\n"), known=known(0))


def test_what_counts_the_columns_is_asked_for_where_nothing_tells(svmlight):
    """The model was trained on a file of another format."""
    path = svmlight("0 1:1.5\n")
    with pytest.raises(InvalidParameterError, match="Say which: index_base=0 or index_base=1"):
        read_samples(path, n_features=3)
    for base, row in ((0, [0, 1.5, 0]), (1, [1.5, 0, 0])):
        samples = read_samples(path, n_features=3, file_format=FileFormat(index_base=base))
        assert_array_equal(samples.X.toarray(), [row])
    assert_array_equal(read_samples(svmlight("0 3:1\n"), n_features=3).X.toarray(), [[0, 0, 1]])
    assert_array_equal(read_samples(svmlight("0 0:1\n"), n_features=3).X.toarray(), [[1, 0, 0]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "2 problems.*line 1: 'a,b' is not of the form label column:value"),
        ("1 1:x\n0 1:1\n", "line 1: the value 'x' is not a number"),
        ("1 1:1\n0 1:1 2\n", "line 2: '2' is not of the form column:value"),
        ("1 1:1\n0 -1:1\n", "line 2: '-1:1' is not of the form column:value"),
        ("1 1:1\n0 1:2:3\n", "line 2: '1:2:3' is not of the form column:value"),
        ("1 1:1 1:2\n0 1:1\n", "line 1: column 1 occurs twice.*leave one"),
        ("0,2 1:1\n1,3 2:1\n", "2 problems.*line 1 has several labels, '0,2'"),
        ("1 3000000000:1\n0 1:1\n", "line 1: column 3000000000 must be 1 to 2147483647"),
        ("1 1:1\n0 99999999999999999999:1\n", "line 2: column 10{20} must be 1 to"),
        ("1 1:1\n0 1:1 2:nan\n", "row 2, column 2: the value must be a finite float32, got nan"),
        ("1 1:1e39\n0 1:1\n", "row 1, column 1: the value must be a finite float32"),
        ("1 1:1\n0 2000000000:1\n", "line 2: column 2000000000 is far beyond what 2 columns"),
        ("1\n0\n", "has no column:value in any row"),
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("1 1:1\n0\x00 1:1\n", "line 2 has a NUL byte"),
    ],
)
def test_what_is_wrong_is_placed(svmlight, text, words):
    fails(f"(?s){words}", svmlight(text))


def test_of_many_wrong_lines_ten_are_shown(svmlight):
    with pytest.raises(InvalidDataError) as raised:
        read_file(svmlight("1 1:x\n" * 30))
    assert "has 30 problems" in str(raised.value)
    assert str(raised.value).count("is not a number") == 10
    assert "… and 20 more" in str(raised.value)
