from __future__ import annotations

import csv
import json
import sys

import click
import pytest

from ctre.cli.compare import compare as command
from ctre.cli.file_options import FILE_OPTIONS
from ctre.estimators import SparseMLPClassifier
from ctre.experiments import Store
from ctre.experiments.exchange import COLUMNS
from ctre.experiments.runner import _attempt

FILES = {"runs.db", "runs.csv", "runs.epochs.csv.gz", "runs.pruning.csv.gz", "curves.png"}


@pytest.fixture
def compare(ctre, quick):
    """Compare briefly, and give the object that ``--json`` prints."""

    def run(*args):
        return json.loads(ctre("compare", *quick, *args, "--json").stdout)

    return run


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_report(compare):
    report = compare("iris", "--methods", "set, ctre-sim", "--seeds", "2")
    assert (report["dataset"], report["protocol"], report["seeds"]) == ("iris", "default", 2)
    assert [method["method"] for method in report["methods"]] == ["set", "ctre-sim"]
    assert (report["out"], report["picture"]) == (None, None)
    best, other = sorted(report["methods"], key=lambda method: not method["is_best"])
    assert best["test_accuracy"] >= other["test_accuracy"]
    assert best["p_value"] is None
    assert 0 < other["p_value"] <= 1
    assert other["is_distinct"] is False
    for method in report["methods"]:
        assert method["n_connections"] == 24 + 28 + 18
        assert method["seconds"]["train"] > 0
        assert method["multiply_adds"]["forward"] > 0
    assert report["methods"][0]["multiply_adds"]["evolve"] == 0
    assert report["methods"][1]["multiply_adds"]["evolve"] > 0


def test_it_trains_as_ctre_train_does(compare, train):
    (method,) = compare("iris", "--methods", "ctre-seq", "--seeds", "1")["methods"]
    alone = train("iris", "--method", "ctre-seq", "--seed", "0")
    assert method["test_accuracy"] == alone["test_accuracy"]
    assert method["density"] == alone["density"]


def test_the_table(ctre, quick):
    stdout = ctre("compare", "iris", *quick, "--methods", "set,static", "--seeds", "3").stdout
    for words in (
        "iris", "3 seeds", "accuracy (%)", "delay (%)", "evolving", "connections", "p-value",
        "set", "static", "best", "±", "With 3 seeds it cannot be lower than 0.1",
    ):  # fmt: skip
        assert words in stdout
    alone = ctre("compare", "iris", *quick, "--methods", "set", "--seeds", "1").stdout
    assert "one seed" in alone
    assert "±" not in alone
    assert "Kolmogorov" not in alone


def test_the_folder(compare, tmp_path):
    report = compare("iris", "--methods", "set,static", "--seeds", "2", "--out", "here")
    here = tmp_path / "here"
    assert {path.name for path in here.iterdir()} == FILES
    assert report["picture"] == "here/curves.png"
    assert tuple(rows(here / "runs.csv")[0]) == COLUMNS
    assert {(row["method"], row["seed"]) for row in rows(here / "runs.csv")} == {
        ("set", "0"), ("static", "0"), ("set", "1"), ("static", "1"),
    }  # fmt: skip


def test_without_out_nothing_is_written(compare, tmp_path):
    compare("iris", "--methods", "set", "--seeds", "1")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def interrupted(monkeypatch):
    """Interrupt what is done after so many runs; give those that were begun."""
    begun = []

    def after(n_runs):
        begun.clear()

        def attempt(experiment, *others):
            if len(begun) == n_runs:
                raise KeyboardInterrupt
            begun.append((experiment.method, experiment.seed))
            return _attempt(experiment, *others)

        monkeypatch.setattr("ctre.experiments.runner._attempt", attempt)
        return begun

    return after


def test_an_interrupted_comparison_goes_on(ctre, compare, quick, tmp_path, interrupted):
    args = ("iris", "--methods", "set,static", "--seeds", "2", "--out", "here")
    interrupted(3)
    result = ctre("compare", *quick, *args, code=130)
    assert result.stdout == ""
    assert "what is done is in here, and the same command goes on" in result.stderr
    with Store(tmp_path / "here" / "runs.db") as store:
        assert [run.status for run in store.runs()] == ["done", "done", "done", "pending"]
    begun = interrupted(99)
    resumed = compare(*args)
    assert begun == [("static", 1)]
    assert resumed["seeds"] == 2
    accuracies = [method["test_accuracy"] for method in resumed["methods"]]
    afresh = compare(*args[:-1], "elsewhere")
    assert accuracies == [method["test_accuracy"] for method in afresh["methods"]]


def test_interrupted_without_a_folder(ctre, quick, interrupted):
    interrupted(0)
    result = ctre("compare", "iris", *quick, "--methods", "set", code=130)
    assert "nothing was saved" in result.stderr


def test_other_settings_stand_beside_each_other(compare, tmp_path, interrupted):
    begun = interrupted(99)
    args = ("iris", "--methods", "set", "--seeds", "1", "--out", "here")
    for other in ((), ("--zeta", "0.4"), ("--zeta", "0.4", "--threads", "2"), ()):
        compare(*args, *other)
    assert len(begun) == 2
    assert len(rows(tmp_path / "here" / "runs.csv")) == 2


def test_the_folder_of_an_older_version_is_refused(ctre, quick, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "settings.json").write_text("{}")
    args = ("--methods", "set", "--seeds", "1", "--out", "here")
    words = " ".join(ctre("compare", "iris", *quick, *args, code=2).stderr.split())
    assert "here holds results that ctre 0.1 wrote" in words
    assert "Choose another folder" in words


def test_two_at_a_time_bring_the_same(compare):
    args = ("iris", "--methods", "set,ctre-sim", "--seeds", "2")
    one, two = compare(*args), compare(*args, "--jobs", "2")
    for method, other in zip(one["methods"], two["methods"], strict=True):
        assert method["test_accuracy"] == other["test_accuracy"]


def test_a_run_that_fails_is_told(ctre, quick):
    args = ("--methods", "static", "--learning-rate", "1e30", "--seeds", "1")
    result = ctre("compare", "iris", *quick, *args, "--scale", "none", code=2)
    assert "static, seed 0: The training loss became" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("iris",), "Missing option '--methods'"),
        (("iris", "--methods", "set,,rigl"), "must be names with commas between"),
        (("iris", "--methods", "st"), "Did you mean 'set'?"),
        (("nowhere", "--methods", "st"), "Did you mean 'set'?"),  # before anything is loaded
        (("iris", "--methods", "set,set"), "'set' twice"),
        (("iris", "--methods", "set", "--seeds", "0"), "--seeds"),
        (("irish", "--methods", "set"), "Unknown data set"),
        (("iris", "--methods", "set", "--epsilon", "1", "--density", "0.5"), "not both"),
        (("iris", "--methods", "snip,static", "--zeta", "0.1"), "no difference to snip, static;"),
    ],
)
def test_wrong_usage(ctre, tmp_path, args, words):
    result = ctre("compare", *args, code=2)
    assert result.stdout == ""
    assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_an_option_that_only_some_methods_use_is_noted(ctre, quick):
    args = ("--methods", "set,dense", "--zeta", "0.1", "--seeds", "1", "--json")
    result = ctre("compare", "iris", *quick, *args)
    assert [method["method"] for method in json.loads(result.stdout)["methods"]] == ["set", "dense"]
    assert result.stderr.splitlines() == [
        "Note: --epsilon makes no difference to dense.",
        "Note: --zeta makes no difference to dense.",
    ]


def test_a_damaged_store(ctre, compare, quick, tmp_path):
    compare("iris", "--methods", "set", "--seeds", "1", "--out", "here")
    (tmp_path / "here" / "runs.db").write_bytes(b"no database" * 999)
    args = ("--methods", "set", "--seeds", "1", "--out", "here")
    words = ctre("compare", "iris", *quick, *args, code=2).stderr
    assert "runs.db: it is damaged, or no store. Choose another file." in words


@pytest.mark.filterwarnings("default")
def test_without_matplotlib_the_rest_is_there(compare, ctre, quick, tmp_path, monkeypatch):
    args = ("iris", "--methods", "set", "--seeds", "1", "--out", "here")
    compare(*args)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = ctre("compare", *quick, *args, "--json")
    assert json.loads(result.stdout)["picture"] is None
    assert "matplotlib" in result.stderr
    assert {path.name for path in (tmp_path / "here").iterdir()} == FILES - {"curves.png"}


def test_every_option_is_one_of_the_estimator_or_known_here():
    known = {
        "data", "methods", "n_seeds", "protocol", "scale", "target", "test_fraction", "out",
        "data_home", "as_json", "n_jobs", *FILE_OPTIONS,
    }  # fmt: skip
    names = {option.name for option in command.params if isinstance(option, click.Parameter)}
    assert names - known <= set(SparseMLPClassifier().get_params())


@pytest.fixture
def ports(tmp_path):
    """Write a table with words and gaps, in a way that has to be told."""
    lines = [f"{n % 7},5;{('Oslo', 'Rome', '-')[n % 3]};{'ab'[n % 2]}" for n in range(60)]
    (tmp_path / "ports.txt").write_text("\n".join(["size;port;side", *lines]))
    return ["ports.txt", "--format", "csv", "--delimiter", ";", "--decimal", ","]


def test_a_table_and_how_it_is_written_are_kept_with_its_runs(compare, ports, tmp_path):
    """Planted: a source that forgets the format, or takes the raw table for the rows."""
    told = [*ports, "--missing", "-", "--target", "side"]
    report = compare(*told, "--methods", "set", "--seeds", "1", "--out", "out")
    assert report["dataset"] == "ports"
    with Store(tmp_path / "out" / "runs.db") as store:
        (run,) = store.runs()
    source = run.experiment.source
    assert source.file_format.delimiter == ";"
    assert source.file_format.missing == ("-",)
    data = source.load()
    assert data.fingerprint == run.experiment.fingerprint
    assert data.X_train.shape[1] > 2  # words have a feature each
    assert run.experiment.settings["scaling"] == "anchored"


def test_it_trains_on_a_table_as_ctre_train_does(compare, train, ports):
    told = [*ports, "--target", "side"]
    (method,) = compare(*told, "--methods", "set", "--seeds", "1")["methods"]
    assert method["test_accuracy"] == train(*told, "--method", "set")["test_accuracy"]


def test_processes_open_a_table_themselves(compare, ports):
    told = [*ports, "--target", "side", "--methods", "set", "--seeds", "2"]
    (here,), (there,) = (compare(*told, "--jobs", n)["methods"] for n in ("1", "2"))
    assert here["test_accuracy"] == there["test_accuracy"]


def test_standard_input_is_refused(ctre, quick):
    result = ctre("compare", *quick, "-", "--format", "csv", "--methods", "set", code=2)
    assert "DATA must be a file or a catalogued name here, got -" in result.stderr
