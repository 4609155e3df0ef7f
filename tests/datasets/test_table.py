from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ctre.datasets import KnownFile, read_file, read_samples, split
from ctre.datasets.layout import check_names
from ctre.datasets.problems import Problems
from ctre.errors import DatasetError, InvalidDataError, InvalidParameterError


def fails(error, match, path, **options):
    with pytest.raises(error, match=match):
        read_file(path, **options)


def test_a_plain_table(written):
    dataset = read_file(written("a,b,target\n1,2.5,0\n-3,4e2,1\n"))
    assert_array_equal(dataset.X_train, [[1, 2.5], [-3, 400]])
    assert dataset.X_train.dtype == np.float32
    assert dataset.X_train.flags.c_contiguous
    assert_array_equal(dataset.y_train, [0, 1])
    assert dataset.y_train.dtype == np.int64
    assert dataset.feature_names == ("a", "b")
    assert dataset.X_test is None
    assert dataset.name == "a"
    assert dataset.paper_scale == "minmax"


@pytest.mark.parametrize("name", ["target", "label", "class", "y", "Label", "Y"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_target_is_found_by_its_usual_names(written, name, place):
    header, first, second = ["a", "b"], ["1", "2"], ["3", "4"]
    header.insert(place, name)
    first.insert(place, "yes")
    second.insert(place, "no")
    dataset = read_file(written("\n".join(",".join(row) for row in (header, first, second))))
    assert_array_equal(dataset.X_train, [[1, 2], [3, 4]])
    assert_array_equal(dataset.y_train, ["yes", "no"])
    assert dataset.feature_names == ("a", "b")


@pytest.mark.parametrize("target", ["species", 2, -2, "2", "-2"])
def test_the_target_is_named_or_counted(written, target):
    dataset = read_file(written("a,species,b\n1,cat,2\n3,dog,4\n"), target=target)
    assert_array_equal(dataset.X_train, [[1, 2], [3, 4]])
    assert_array_equal(dataset.y_train, ["cat", "dog"])
    assert dataset.feature_names == ("a", "b")


def test_a_column_called_by_a_number_goes_by_its_name(written):
    dataset = read_file(written("1,2,3\n0.5,0.25,x\n0.5,0.75,y\n"), target="3")
    assert dataset.feature_names == ("1", "2")
    assert_array_equal(dataset.y_train, ["x", "y"])


def test_a_table_without_a_header(written):
    dataset = read_file(written("5.1,3.5,setosa\n4.9,3.0,virginica\n"), target=-1)
    assert_array_equal(dataset.X_train, [[5.1, 3.5], [4.9, 3.0]])
    assert_array_equal(dataset.y_train, ["setosa", "virginica"])
    assert dataset.feature_names is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a;b;y\n1;2;0\n3;4;1\n", "a.csv"),
        ("a\tb\ty\n1\t2\t0\n3\t4\t1\n", "a.csv"),
        ("a\tb\ty\n1\t2\t0\n3\t4\t1\n", "a.tsv"),
        ("a,b,y\r\n1,2,0\r\n3,4,1\r\n", "a.csv"),
        ("\ufeffa,b,y\n1,2,0\n3,4,1\n", "a.csv"),
        ("\n\na,b,y\n\n1,2,0\n\n\n3,4,1\n\n", "a.csv"),
        ('"a","b","y"\n"1","2","0"\n"3","4","1"\n', "a.csv"),
        ("a, b, y\n 1, 2 ,0\n3 ,4, 1\n", "a.csv"),
        ("a,b,y\n1,2,0\n3,4,1", "a.csv"),
        ("a,b,y\n1,2,0\n3,4,1\n", "a.csv.gz"),
        ("\ufeffa,b,y\n1,2,0\n3,4,1\n", "a.csv.gz"),
        ("a\tb\ty\n1\t2\t0\n3\t4\t1\n", "a.tsv.gz"),
        ("a,b,y\n1,2,0\n3,4,1\n", "A.CSV"),
    ],
)
def test_dialects(written, text, name):
    dataset = read_file(written(text, name))
    assert_array_equal(dataset.X_train, [[1, 2], [3, 4]])
    assert_array_equal(dataset.y_train, [0, 1])
    assert dataset.feature_names == ("a", "b")


def test_names_and_labels_may_hold_separators_quotes_and_line_breaks(written):
    dataset = read_file(written('"a, or\nb",y\n1,"x,\n""z"""\n2,w\n'))
    assert dataset.feature_names == ("a, or\nb",)
    assert_array_equal(dataset.y_train, ['x,\n"z"', "w"])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1", "2"], np.array([1, 2])),
        (["1.0", "2.0"], np.array([1, 2])),
        (["-1", "+1"], np.array([-1, 1])),
        (["0.5", "2"], np.array([0.5, 2.0])),
        (["1", "b"], np.array(["1", "b"])),
        (["none", "some"], np.array(["none", "some"])),
        (["True", "False"], np.array(["True", "False"])),
    ],
)
def test_labels_are_whole_numbers_measurements_or_text(written, labels, expected):
    y = read_file(written(f"a,y\n1,{labels[0]}\n2,{labels[1]}\n")).y_train
    assert_array_equal(y, expected)
    assert y.dtype.kind == expected.dtype.kind


def test_a_constant_column_is_fine(written):
    assert_array_equal(read_file(written("a,y\n7,0\n7,1\n")).X_train, [[7], [7]])


@pytest.mark.parametrize("missing", ["", "?", "NA", "nan", "NaN", "null", " "])
def test_a_missing_value_is_placed(written, missing):
    path = written(f"a,b,y\n1,2,0\n\n3,{missing},1\n")
    fails(InvalidDataError, r"row 2 \(line 4\), column 2 'b': the value is missing", path)


@pytest.mark.parametrize("missing", ["", "?", "NA", "nan", "NaN", "null", "n/a"])
def test_a_missing_label_is_placed(written, missing):
    path = written(f"a,y\n1,x\n2,{missing}\n")
    fails(InvalidDataError, r"row 2 \(line 3\), column 2 'y': the label is missing", path)


@pytest.mark.parametrize("text", ["red", "1_000", "0x10", "12 3", "1,5,2", "1.2.3", "5 kg", "1-2"])
def test_text_in_a_column_of_numbers_is_placed(written, text):
    path = written(f'a,b,y\n1,2,0\n3,"{text}",1\n')
    fails(InvalidDataError, rf"row 2 \(line 3\), column 2 'b': '{text}' is not a number", path)


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e39", "-1e39", "1e400"])
def test_a_value_too_large_is_placed(written, value):
    path = written(f"a,b,y\n1,2,0\n{value},2,1\n")
    told = re.escape(f"{float(value):g}")
    fails(InvalidDataError, rf"row 2 \(line 3\), column 1 'a': {told} must be finite", path)


def test_without_a_header_columns_go_by_their_place(written):
    path = written("1,2,0\n1,red,1\n")
    fails(InvalidDataError, r"row 2 \(line 2\), column 2: 'red' is not a number", path, target=3)


@pytest.mark.parametrize("row", ["1,2", "1,2,3,4", "1"])
def test_a_row_of_another_length_is_placed(written, row):
    path = written(f"a,b,y\n1,2,0\n{row}\n")
    n_fields = row.count(",") + 1
    fails(InvalidDataError, rf"row 2 \(line 3\) must have 3 fields.* got {n_fields}", path)


def test_a_first_row_of_another_length_than_the_header(written):
    fails(InvalidDataError, r"row 1 \(line 2\) must have 3 fields", written("a,b,y\n1,2\n3,4\n"))


@pytest.mark.parametrize("numbers", ["01", "12", "rs"])
def test_an_unnamed_column_that_numbers_the_rows_is_left_out(written, numbers):
    """pandas' index and R's names of rows tell the class where the file is sorted by it."""
    first, second = numbers
    with pytest.warns(UserWarning, match="Column 1 has no name and a different cell in every row"):
        dataset = read_file(written(f",a,y\n{first},1,0\n{second},2,1\n"))
    assert_array_equal(dataset.X_train, [[1], [2]])
    assert dataset.feature_names == ("a",)


@pytest.mark.parametrize("text", [",a,y\n5,1,0\n5,2,1\n", "a,,y\n5,1,0\n6,2,1\n"])
def test_an_unnamed_column_of_values_is_refused(written, text):
    fails(InvalidDataError, r"column \d has no name", written(text))


def test_repeated_names_are_refused_all_at_once(written):
    path = written("a,b,a,b,y\n1,2,3,4,0\n5,6,7,8,1\n")
    fails(
        InvalidDataError,
        r"(?s)2 problems:.*columns 1 and 3 are both called 'a'.*columns 2 and 4 .*'b'.*Rename one",
        path,
    )


def test_names_are_checked_in_linear_time():
    """Counted, not timed. Planted mistake: each name is looked up among all."""
    n_comparisons = 0

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal n_comparisons
            n_comparisons += 1
            return str.__eq__(self, other)

    names = [Name(f"gene {place}") for place in range(1000)]
    check_names(names, Problems("a.csv"))
    assert n_comparisons < 10 * len(names)


def test_two_possible_targets_are_refused(written):
    fails(InvalidParameterError, "target must say .* label or y", written("a,label,y\n1,0,1\n"))


def test_no_possible_target_lists_the_columns(written):
    path = written("a,b,c\n1,2,3\n")
    fails(InvalidParameterError, r"holds the labels\. Columns: a, b, c\.$", path)


def test_a_mistyped_target_suggests_the_nearest(written):
    path = written("a,species,c\n1,2,3\n")
    fails(InvalidParameterError, r"got 'specis'\. Did you mean 'species'\?", path, target="specis")


def test_of_many_columns_a_few_are_listed(written):
    names = [f"c{place}" for place in range(500)]
    path = written(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    fails(
        InvalidParameterError, r"Columns: c0, c1, .* c4, …, c495, .* c499 \(500 in all\)\.$", path
    )


@pytest.mark.parametrize("target", [0, 4, -4, "7"])
def test_a_place_outside_the_table_is_refused(written, target):
    path = written("a,b,c\n1,2,3\n")
    fails(InvalidParameterError, rf"columns 1 to 3 .* got {target}", path, target=target)


def test_without_header_and_target_the_place_is_asked_for(written):
    path = written("1,2,cat\n3,4,dog\n")
    fails(InvalidParameterError, "no header, so target must be the place", path)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(written, text):
    fails(InvalidDataError, "is empty", written(text))


def test_a_header_alone_is_refused(written):
    fails(InvalidDataError, "a header and no rows", written("a,b,y\n"))


def test_one_class_alone_is_refused(written):
    fails(InvalidDataError, "two classes or more, got x alone", written("a,y\n1,x\n2,x\n"))


def test_other_encodings_are_refused(written):
    fails(InvalidDataError, "must be text in UTF-8", written("a,y\n1,é\n2,b\n".encode("latin1")))


def test_a_truncated_gzip_file_is_refused(written):
    path = written("a,y\n" + "1,x\n2,y\n" * 500, "a.csv.gz")
    path.write_bytes(path.read_bytes()[:-12])
    fails(DatasetError, "not a whole gzip file", path)


def test_what_is_called_gz_and_is_none_is_refused(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_text("a,y\n1,0\n")
    fails(DatasetError, "not a whole gzip file", path)


def test_rows_to_predict_need_no_labels(written):
    samples = read_samples(written("a,b\n1,2\n3,4\n"))
    assert_array_equal(samples.X, [[1, 2], [3, 4]])
    assert samples.y is None
    assert samples.feature_names == ("a", "b")


def test_rows_to_predict_without_header_or_labels(written):
    samples = read_samples(written("1,2\n3,4\n"))
    assert_array_equal(samples.X, [[1, 2], [3, 4]])
    assert samples.y is None


def test_rows_to_predict_keep_their_labels(written):
    samples = read_samples(written("a,species\n1,cat\n"), target="species")
    assert_array_equal(samples.y, ["cat"])
    assert samples.X.shape == (1, 1)


def test_rows_to_predict_may_lack_the_named_target(written):
    assert read_samples(written("a,b\n1,2\n"), target="species").y is None


def test_the_name_of_the_labels_is_told(written):
    """Whatever way they were chosen."""
    path = written("a,species\n1,cat\n2,dog\n")
    for target in ("species", 2, "-1"):
        assert read_file(path, target=target).target_name == "species"
    assert read_file(written("a,Y\n1,cat\n2,dog\n")).target_name == "Y"
    assert read_file(written("1,cat\n2,dog\n"), target=2).target_name is None
    assert read_samples(written("a,b\n1,2\n")).target_name is None
    assert split(read_file(written("a,y\n1,0\n2,1\n2,0\n1,1\n")), 0.5).target_name == "y"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a,y,species\n1,2,cat\n", "species"),
        ("species,a,y\ncat,1,2\n", "species"),
        ("a,y\n1,2\n", None),
    ],
)
def test_known_names_tell_labels_from_features(written, text, target):
    """Planted mistake: y is taken for the labels."""
    samples = read_samples(written(text), known=KnownFile(("a", "y"), "species"))
    assert_array_equal(samples.X, [[1, 2]])
    assert samples.feature_names == ("a", "y")
    assert samples.target_name == target
    assert samples.y is None if target is None else samples.y.tolist() == ["cat"]


def test_a_column_that_the_model_does_not_know_is_named_and_left_out(written):
    """Even where its name is a usual one of labels: the model's were called otherwise."""
    path = written("a,id,label\n1,2,cat\n")
    with pytest.warns(UserWarning, match=r"'id', 'label' are left out.*: target='label'"):
        samples = read_samples(path, known=KnownFile(("a",), "species"))
    assert_array_equal(samples.X, [[1]])
    assert samples.y is None


def test_a_name_of_the_labels_is_never_a_place(written):
    samples = read_samples(written("1,2\n0.5,0.25\n"), known=KnownFile(("1", "2"), "-1"))
    assert_array_equal(samples.X, [[0.5, 0.25]])
    assert samples.y is None


def test_an_asked_for_target_comes_before_the_known_one(written):
    path = written("a,species,b\n1,2,3\n")
    assert read_samples(path, target="b", known=KnownFile(("a",), "species")).target_name == "b"


def test_numbers_are_a_header_only_if_all_known_names_are_there(written):
    path = written("1,2\n3,4\n")
    assert read_samples(path, known=KnownFile(("1", "3"))).X.shape == (2, 2)
    samples = read_samples(path, known=KnownFile(("2", "1")))
    assert samples.feature_names == ("2", "1")
    assert_array_equal(samples.X, [[4, 3]])


def test_rows_to_predict_must_have_the_columns_of_the_model(written):
    path = written("a,b\n1,2\n")
    assert read_samples(path, n_features=2).X.shape == (1, 2)
    with pytest.raises(InvalidDataError, match="must have 3 columns beside the labels, got 2"):
        read_samples(path, n_features=3)


@pytest.mark.parametrize(
    ("first", "shown"), [("Sales of 2024", "'Sales of 2024'"), ("a,b,label", "'a,b,label'")]
)
def test_a_first_row_that_is_none_of_the_table_is_named(written, first, shown):
    """A title, or a header that is divided otherwise than the rows."""
    path = written(first + "\n" + "1;2;x\n2;3;y\n" * 4)
    with pytest.raises(InvalidDataError, match=f"line 1 must have 3 fields.* got 1: {shown}. A ti"):
        read_file(path)
