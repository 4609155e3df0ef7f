from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from ctre.experiments import PruneRow, PruneStudy, removable_share

SMALL = ("--hidden", "8", "--epsilon", "3", "--batch-size", "16", "--seeds", "1")


def rows(path):
    with path.open() as file:
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
    assert {path.name for path in here.iterdir()} == {"rows.csv", "pruning.png", "settings.json"}
    table = rows(here / "rows.csv")
    assert tuple(table[0]) == PruneRow._fields
    assert len(table) == 2 * 2 * 5 * 101
    heights = {}
    for row in table:
        place = row["method"], int(row["epochs"]), row["criterion"], row["order"]
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
    run, done = PruneStudy.run, []

    def interrupted(self, job, *others):
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(job)
        run(self, job, *others)

    monkeypatch.setattr(PruneStudy, "run", interrupted)
    assert "what is done is in here" in ctre(*args, code=130).stderr
    assert {row["epochs"] for row in rows(tmp_path / "here" / "rows.csv")} == {"1"}
    done.clear()
    ctre(*args)
    assert done == [("set", 2, 0)]
    assert {row["epochs"] for row in rows(tmp_path / "here" / "rows.csv")} == {"1", "2"}


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
