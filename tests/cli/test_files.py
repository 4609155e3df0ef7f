"""Files as the command reads them: options, standard input, and whose words a message has."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from ctre.cli import main
from ctre.cli.wording import in_options


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def svm(rng, n_rows, base, *, is_first_empty=False):
    """Rows whose first column but one tells the class."""
    X = rng.normal(size=(n_rows, 4)).round(3)
    X[:, 0] = 0 if is_first_empty else X[:, 0]
    rows = []
    for row in X:
        pairs = [f"{place + base}:{value}" for place, value in enumerate(row) if value]
        rows.append(f"{int(row[1] > 0)} {' '.join(pairs)}")
    return "\n".join(rows) + "\n"


def test_columns_are_counted_as_in_training(ctre, tmp_path, rng):
    """Planted mistake: counted anew, the columns of the new file shift, and accuracy falls."""
    (tmp_path / "train.svm").write_text(svm(rng, 200, 0))
    (tmp_path / "new.svm").write_text(svm(rng, 60, 0, is_first_empty=True))
    sizes = ("--hidden", "12", "--density", "0.9", "--threads", "1", "--epochs", "20")
    ctre("train", "train.svm", *sizes, "--out", "r")
    record = json.loads(ctre("predict", "r", "new.svm", "--json").stdout)
    assert record["accuracy"] > 0.85


def test_labels_are_compared_as_the_models(ctre, train, tmp_path, rng):
    """Planted mistake: 1 and 2 are numbers in a file without "3 or more", and no class."""
    rows = [f"{a},{b},{grade}" for (a, b), grade in zip(
        rng.normal(size=(60, 2)).round(3), ["1", "2", "3 or more"] * 20, strict=True)]  # fmt: skip
    (tmp_path / "train.csv").write_text("\n".join(["a,b,grade", *rows]) + "\n")
    few = [row for row in rows if "more" not in row]
    (tmp_path / "new.csv").write_text("\n".join(["a,b,grade", *few]) + "\n")
    train("train.csv", "--target", "grade", "--out", "run")
    result = ctre("predict", "run", "new.csv", "--json")
    assert result.stderr == ""
    record = json.loads(result.stdout)
    told = np.array(record["predictions"]) == [row.rpartition(",")[2] for row in few]
    assert record["accuracy"] == np.mean(told)


def test_rows_without_labels_among_others(ctre, train, flowers, tmp_path):
    train(flowers, "--target", "species", "--out", "run")
    lines = flowers.read_text().splitlines()
    some = [line if n < 10 else line.rpartition(",")[0] + "," for n, line in enumerate(lines)]
    (tmp_path / "some.csv").write_text("\n".join(some) + "\n")
    result = ctre("predict", "run", "some.csv")
    assert result.stderr.endswith("% of the 9 rows with a label\n")
    assert len(result.stdout.splitlines()) == 61


def test_every_option_of_files_tells(ctre, train, tmp_path):
    text = "7~1,5~é\n8~2,5~b\n9~-~é\n" + "7~3,5~é\n8~4,5~b\n" * 10
    (tmp_path / "odd.data").write_bytes(text.encode("latin-1"))
    told = ("--format", "csv", "--delimiter", "~", "--decimal", ",", "--no-header")
    told += ("--encoding", "latin-1", "--target", "-1")
    columns = train("odd.data", *told, "--missing", "-")["columns"]
    assert [column["kind"] for column in columns] == ["number", "number"]
    (tmp_path / "odd.data").write_bytes(text.replace("~-~", "~0~").encode("latin-1"))
    report = train("odd.data", *told, "--out", "run")
    assert (report["n_features"], report["n_classes"]) == (2, 2)
    record = json.loads(ctre("predict", "run", "odd.data", "--format", "csv", "--json").stdout)
    assert set(record["classes"]) == {"é", "b"}
    assert record["n_labelled"] == 23
    header = train("odd.data", *told, "--header", "--out", "named")
    assert header["n_train"] + header["n_test"] == 22


@pytest.mark.parametrize("word", ["tab", "\\t"])
def test_words_for_delimiters(train, tmp_path, word):
    (tmp_path / "a.csv").write_text("a\tb\ty\n" + "1\t2\tx\n3\t4\tz\n" * 10)
    assert train("a.csv", "--delimiter", word)["n_features"] == 2


def test_standard_input(ctre, flowers, tmp_path, quick):
    def pipe(data, *args):
        result = CliRunner().invoke(main, list(map(str, args)), input=data)
        return result.exit_code, result.stdout, result.stderr

    csv = ("--format", "csv", "--target", "species")
    assert pipe(flowers.read_bytes(), "train", "-", *csv, *quick, "--out", "run")[0] == 0
    told = ctre("predict", "run", flowers).stdout
    piped = pipe(flowers.read_bytes(), "predict", "run", "-", "--format", "csv")
    assert piped[:2] == (0, told)
    X = np.loadtxt(flowers, delimiter=",", skiprows=1, usecols=(0, 1, 2))
    np.savez(tmp_path / "a.npz", X=X)
    piped = pipe((tmp_path / "a.npz").read_bytes(), "predict", "run", "-", "--format", "npz")
    assert piped == (0, told, "")
    code, _, message = pipe(b"", "predict", "run", "-", "--format", "tsv")
    assert (code, "standard input is empty" in message) == (2, True)
    code, _, message = pipe(b"a,y\n", "train", "-")
    assert (code, "--format must say what standard input is" in message) == (2, True)
    message = pipe(flowers.read_bytes(), "train", "-", "--format", "csv", "--target", "colour")[2]
    assert "--target must be the column of standard input that holds the labels" in message


def test_a_catalogued_name_is_no_file(ctre):
    result = ctre("train", "iris", "--delimiter", ";", "--no-header", code=2)
    assert "--delimiter, --header: iris is a catalogued name" in result.stderr


@pytest.mark.parametrize(
    ("text", "args", "words"),
    [
        ("a,b,c\n1,2,3\n4,5,6\n", [], "--target must be the column of a.csv that holds"),
        ("0,1,2\n3,1,2\n7,2,1\n", ["--target", "-1"], "Say which: --header or --no-header."),
        ('a,b,y\n"1,125",2,0\n"1,500",3,1\n', [], "--decimal ',' or --decimal '.' says which"),
        ("a^b^y\n1^2^0\n", [], "Say it: --delimiter ':' for instance"),
        ("a,y\n1,NA\n2,FR\n", [], "If 'NA' is the name of a class, --missing '' says so"),
        ("a,y\n1,é\n".encode("latin-1"), [], "--encoding 'latin-1' for instance, or 'cp1252'"),
        ("a,y\n1,x\n2,z\n", ["--encoding", "klingon"], "--encoding must be one that Python"),
        ("a,y\n1,x\n2,z\n", ["--delimiter", "::"], "--delimiter must be one character"),
        ("a,y\n1,x\n2,z\n", ["--delimiter", ";"], "';' does not divide 'a,y', or any line below."),
        ("a,y\n1,x\n2,z\n", ["--delimiter", "tab"], "line below. --delimiter ',' does."),
        ('[{"a": 1, "y": 2}]', [], "a.csv is JSON, and no table. Save it as CSV"),
        ('{"a": 1, "y": 2}\n{"a": 2, "y": 3}', [], "a.csv is JSON, and no table. Save it as CSV"),
        ("a,y\n" + "".join(f"{n},{n}\n" for n in range(40)), [], "--target 'NAME' names another"),
        ("a,y\n" + "1,x\n2,z\n" * 2, ["--test-fraction", "0.9"], "another --test-fraction."),
    ],
)  # fmt: skip
def test_messages_have_the_words_of_the_command_line(ctre, tmp_path, text, args, words):
    (tmp_path / "a.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    result = ctre("train", "a.csv", *args, code=2)
    told = " ".join(result.stderr.split())
    assert words in told
    assert "None" not in told
    for name in ("target=", "header=", "decimal=", "delimiter=", "test_fraction", "file_format"):
        assert name not in told


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "learning_rate_init must be positive, got -1.",
            "--learning-rate must be positive, got -1.",
        ),
        ("Lower test_fraction.", "Lower --test-fraction."),
        ("target must say so.", "--target must say so."),
        ("The target is known.", "The target is known."),
        ("header=True or header=False", "--header or --no-header"),
        ("/x/max_iter.csv and max_iter.csv", "/x/max_iter.csv and max_iter.csv"),
        ("column 'max_iter'", "column 'max_iter'"),
    ],
)
def test_wording(message, expected):
    command = main.commands["train"]
    flags = {option.name: option.opts[0] for option in command.params}
    expected = expected.replace("--learning-rate ", f"{flags['learning_rate_init']} ")
    assert in_options(message, command) == expected
    assert in_options(message, None) == message


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_no_encoding_of_a_stream_raises(flowers, tmp_path, monkeypatch, quick, encoding):
    """Planted mistakes: a bar or a dash that the encoding lacks; a label it lacks is lost."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text(flowers.read_text().replace("rose", "玫瑰"), encoding="utf-8")

    def run(*args):
        result = CliRunner(charset=encoding).invoke(main, args)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr

    for command in ("train", "predict", "compare", "prune-study", "methods", "datasets"):
        assert run(command, "--help")[0] == 0
    assert run("methods")[0] == 0
    code, out, _ = run("train", "new.csv", "--target", "species", *quick, "--out", "run")
    assert code == 0
    assert "===" in out  # in place of a bar that these encodings lack
    code, out, _ = run("predict", "run", "new.csv")
    assert code == 0
    assert "\\u73ab\\u7470" in out  # the label
    code, _, err = run("train", "nowhere–.csv")
    assert (code, "nowhere" in err) == (2, True)
