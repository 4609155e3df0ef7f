from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import pytest

from ctre.experiments import removable_share
from ctre.experiments.runner import _attempt

SMALL = ("--hidden", "8", "--epsilon", "3", "--batch-size", "16", "--seeds", "1")


def rows(path):
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return list(csv.DictReader(file))


def test_the_report_and_the_folder(ctre, tmp_path):
    args = ("--methods", "dense,set", "--epochs", "3,1", "--out", "here", "--json")
    report = json.loads(ctre("prune-study", "iris", *SMALL, *args).stdout)
    assert (report["dataset"], report["seeds"], report["picture"]) == (
        "iris", 1, "here/pruning.png",
    )  # fmt: skip
    assert len(report["curves"]) == 2 * 2 * 5
    assert [curve["epochs"] for curve in report["curves"][::10]] == [1, 3]
    here = tmp_path / "here"
    assert {path.name for path in here.iterdir()} == {
        "runs.db", "runs.csv", "runs.epochs.csv.gz", "runs.pruning.csv.gz", "pruning.png",
    }  # fmt: skip
    table = rows(here / "runs.pruning.csv.gz")
    assert len(table) == 2 * 2 * 5 * 101
    networks = {
        row["key"]: (row["method"], int(row["n_epochs"])) for row in rows(here / "runs.csv")
    }
    heights = {}
    for row in table:
        place = *networks[row["key"]], row["criterion"], row["order"]
        heights.setdefault(place, []).append(float(row["test_accuracy"]))
    for curve in report["curves"]:
        height = heights.pop(
            tuple(curve[name] for name in ("method", "epochs", "criterion", "order"))
        )
        assert curve["removable"] == pytest.approx(removable_share(np.linspace(0, 1, 101), height))
    assert not heights
    assert {row["test_accuracy"] for row in table if row["removed"] == "1.0"} == {
        str(1 / 3)
    }  # no connections are left: every flower is the same


def test_the_table(ctre):
    stdout = ctre("prune-study", "iris", *SMALL, "--method", "set", "--epochs", "2").stdout
    for words in ("iris", "before 5 % of the accuracy", "magnitude", "least", "random"):
        assert words in stdout


def test_an_interrupted_study_goes_on(ctre, tmp_path, monkeypatch):
    args = ("prune-study", "iris", *SMALL, "--epochs", "1,2", "--out", "here")
    begun = []

    def attempt(experiment, *others):
        if len(begun) == 1:
            raise KeyboardInterrupt
        begun.append(experiment.settings["max_iter"])
        return _attempt(experiment, *others)

    monkeypatch.setattr("ctre.experiments.runner._attempt", attempt)
    assert "what is done is in here" in ctre(*args, code=130).stderr
    assert begun == [1]
    begun[:] = []
    ctre(*args)
    assert begun == [2]
    assert {row["n_epochs"] for row in rows(tmp_path / "here" / "runs.csv")} == {"1", "2"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--epochs", "10,"), "must be numbers of epochs"),
        (("--epochs", "0"), "must be numbers of epochs"),
        (("--method", "sett"), "Did you mean 'set'?"),
    ],
)
def test_wrong_usage(ctre, args, words):
    assert words in " ".join(ctre("prune-study", "iris", *args, code=2).stderr.split())
