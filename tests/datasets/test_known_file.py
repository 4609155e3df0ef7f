"""What was found out in training holds at prediction; nothing is guessed a second time."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ctre.datasets import FileFormat, KnownFile, read_file, read_raw_table, read_samples
from ctre.errors import InvalidDataError, InvalidParameterError


def known_of(path, **options):
    """Train, keep what was found out as a model file does, and read it back."""
    dataset = read_file(path, **options)
    kept = json.loads(json.dumps(dataset.file_format.as_json()))
    return KnownFile(
        dataset.feature_names,
        dataset.target_name,
        dataset.n_features,
        FileFormat.from_json(kept),
    )


def test_the_decimal_mark(written):
    """Planted mistake: 1,500 alone has no decimal comma that is certain."""
    known = known_of(written("a\tb\ty\n0,5\t1,25\tx\n7,5\t2,5\tz\n"))
    samples = read_samples(written("a\tb\n1,500\t2,250\n", "new.csv"), known=known)
    assert samples.X.tolist() == [[1.5, 2.25]]


def test_the_delimiter(written):
    """One row may be divided by commas too."""
    known = known_of(written("a;b;y\n0,5;1,25;x\n7,5;2,5;z\n"))
    new = written("0,5;1,25\n", "new.csv")
    assert read_samples(new, known=known).X.tolist() == [[0.5, 1.25]]
    other = written("a,b\n0.5,1.25\n", "other.csv")
    assert read_samples(other, known=known).X.tolist() == [[0.5, 1.25]]


def test_marks_for_no_value(written):
    told = FileFormat(missing=("none of it",))
    known = known_of(written("a,y\n1,NA\n2,b\n3,NA\n"), file_format=told)
    samples = read_samples(written("a,y\n1,NA\n", "new.csv"), known=known)
    assert samples.y.tolist() == ["NA"]


def test_the_encoding_where_it_is_not_utf8(written):
    told = FileFormat(encoding="latin-1")
    known = known_of(written("é,y\n1,0\n2,1\n".encode("latin-1")), file_format=told)
    for encoding in ("latin-1", "utf-8", "utf-8-sig", "utf-16"):
        samples = read_samples(written("é\n7\n".encode(encoding), "new.csv"), known=known)
        assert samples.X.tolist() == [[7]]


def test_a_single_column_needs_no_delimiter(written):
    known = known_of(written("a,y\n1,0\n2,1\n"))
    assert read_samples(written("a\n7\n8\n", "new.csv"), known=known).X.tolist() == [[7], [8]]


def test_yes_and_no(written):
    known = known_of(written("flag,y\nyes,0\nno,1\n"))
    assert known.file_format.kinds == {"flag": "boolean"}
    new = written("flag,y\nyes,0\nyes,1\n", "new.csv")
    assert read_samples(new, known=known).X.tolist() == [[1], [1]]


def test_columns_of_text_stay_text(written):
    """Planted mistake: codes that are all numbers in the new rows become numbers."""
    path = written("code,b,y\nA7,1,0\n12,2,1\n")
    table = read_raw_table(path)
    known = KnownFile(table.names, table.target_name, 2, table.file_format)
    new = read_raw_table(
        written("code,b\n12,1\n007,2\n", "new.csv"), need_labels=False, known=known
    )
    assert new.columns[0].kind == "text"
    assert new.columns[0].values.tolist() == ["12", "007"]
    assert new.columns[1].values.tolist() == [1, 2]


def test_the_place_of_labels_without_a_header(written):
    known = known_of(written("0.5,1,x\n0.25,2,z\n"), target=-1)
    with_labels = read_samples(written("7,8,z\n", "new.csv"), known=known)
    assert (with_labels.X.tolist(), with_labels.y.tolist()) == ([[7, 8]], ["z"])
    without = read_samples(written("7,8\n9,1\n", "new.csv"), known=known)
    assert (without.X.tolist(), without.y) == ([[7, 8], [9, 1]], None)


def test_columns_are_taken_by_name(written):
    known = known_of(written("a,b,y\n1,2,x\n3,4,z\n"))
    samples = read_samples(written("y,b,a\nx,2,1\n", "new.csv"), known=known)
    assert (samples.X.tolist(), samples.y.tolist()) == ([[1, 2]], ["x"])


def test_surplus_columns_are_named_and_left_out_text_too(written):
    known = known_of(written("a,b,y\n1,2,x\n3,4,z\n"))
    with pytest.warns(UserWarning, match="columns 'id', 'note' are left out"):
        samples = read_samples(written("id,a,b,note\n7,1,2,red\n", "new.csv"), known=known)
    assert samples.X.tolist() == [[1, 2]]


def test_missing_columns_are_named(written):
    known = known_of(written("a,b,y\n1,2,x\n3,4,z\n"))
    with pytest.raises(InvalidDataError, match=r"column 'b' is missing.*it has 'B', which the"):
        read_samples(written("a,B\n1,2\n", "new.csv"), known=known)


def test_labels_of_other_usual_names_are_not_taken(written):
    known = known_of(written("a,b,grade\n1,2,x\n3,4,z\n"), target="grade")
    with pytest.warns(UserWarning, match="column 'target' is left out.*target='target'"):
        samples = read_samples(written("a,b,target\n1,2,x\n", "new.csv"), known=known)
    assert samples.y is None
    samples = read_samples(written("a,b,target\n1,2,x\n", "n.csv"), known=known, target="target")
    assert samples.y.tolist() == ["x"]


@pytest.mark.parametrize("blank", ["", "NA", "?", "nan"])
def test_blank_labels_are_rows_without_labels(written, blank):
    known = known_of(written("a,y\n1,x\n2,z\n"))
    assert read_samples(written(f"a,y\n1,{blank}\n2,{blank}\n", "new.csv"), known=known).y is None
    some = read_samples(written(f"a,y\n1,{blank}\n2,z\n", "new.csv"), known=known)
    assert some.y.tolist() == ["z"]
    assert some.has_label.tolist() == [False, True]


def test_labels_are_spelled_as_in_training(written):
    """Planted mistake: 1.0 and 2.0 are numbers where no text is among them."""
    known = known_of(written("a,y\n1,1.0\n2,2.0\n3,more\n"))
    assert known.file_format.label_type == "text"
    new = written("a,y\n1,1.0\n2,2.0\n", "new.csv")
    assert read_samples(new, known=known).y.tolist() == ["1.0", "2.0"]


def test_a_header_alone_has_no_rows(written):
    known = known_of(written("a,b,y\n1,2,x\n3,4,z\n"))
    with pytest.raises(InvalidDataError, match="has a header and no rows"):
        read_samples(written("a,b\n", "new.csv"), known=known)


def test_what_is_told_now_comes_first(written):
    known = known_of(written("a;b;y\n0,5;1,25;x\n7,5;2,5;z\n"))
    told = FileFormat(delimiter="\t", decimal=".", header=False)
    samples = read_samples(written("1,500\t2.5\n", "new.csv"), known=known, file_format=told)
    assert samples.X.tolist() == [[1500, 2.5]]


def test_a_format_survives_json():
    full = FileFormat("csv", ";", "'", ",", True, "latin-1", ("-",), 1, "text", 3, {"a": "boolean"})
    assert FileFormat.from_json(json.loads(json.dumps(full.as_json()))) == full
    assert FileFormat().as_json() == {}


@pytest.mark.parametrize(
    "content",
    [
        None, 7, "csv", [1], {"delimiter": 7}, {"delimiter": ";;"}, {"name": "xlsx"},
        {"index_base": 2}, {"index_base": True}, {"kinds": 7}, {"kinds": {"a": "colour"}},
        {"encoding": "klingon"}, {"no such": 1}, {"missing": 7}, {"decimal": ";"},
        {"quote": "`"}, {"label_place": "x"}, {"header": "yes"},
    ],
)  # fmt: skip
def test_a_format_that_is_none_is_refused(content):
    with pytest.raises(InvalidDataError, match="format"):
        FileFormat.from_json(content)


@pytest.mark.parametrize(
    "options",
    [{"name": "xlsx"}, {"decimal": ";"}, {"index_base": 2}, {"label_type": "colour"}],
)
def test_formats_are_checked(options):
    with pytest.raises(InvalidParameterError, match="must be one of"):
        FileFormat(**options)


def test_scaling_sees_what_float32_would_lose(written):
    """A class by ± 60 s of a time in seconds; planted mistake: rounded before it is scaled."""
    from ctre import SparseMLPClassifier

    rng = np.random.default_rng(0)
    seconds = rng.integers(-60, 61, 200)
    rows = "".join(f"{1_700_000_000 + s},{'late' if s > 0 else 'early'}\n" for s in seconds)
    dataset = read_file(written(f"time,label\n{rows}"))
    model = SparseMLPClassifier((8,), density=1.0, epsilon=None, max_iter=15, random_state=0)
    model.fit(dataset.X_train, dataset.y_train)
    assert model.score(dataset.X_train, dataset.y_train) > 0.95
