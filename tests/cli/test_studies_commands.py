"""reproduce, study, store and report, as they are typed."""

from __future__ import annotations

import json

import pytest

from ctre.errors import TrainingDivergedError
from ctre.experiments import Store
from ctre.experiments.stored_run import DONE, FAILED

GRID = """
protocol = "paper"
dataset = ["iris"]
method = ["set", "ctre-sim"]
hidden_layer_sizes = [[8], [6, 6]]
epsilon = 3
max_iter = 2
seeds = 2
"""


@pytest.fixture
def grid(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


def seeds_of(path):
    with Store(path) as store:
        return sorted((run.experiment.method, run.experiment.seed) for run in store.runs())


def test_a_study_of_a_grid(ctre, grid, tmp_path):
    result = ctre("study", grid, "--store", "runs.db")
    assert result.stdout == ""
    assert "8/8 done in runs.db" in result.stderr
    assert result.stderr.count("% in") == 8
    assert seeds_of(tmp_path / "runs.db") == sorted(
        (method, seed) for method in ("set", "ctre-sim") for seed in (0, 1) for _ in range(2)
    )
    again = ctre("study", grid, "--store", "runs.db").stderr
    assert again.split("\n")[0] == "8/8 done in runs.db."


def test_a_dry_run_does_nothing(ctre, grid, tmp_path):
    stdout = ctre("study", grid, "--dry-run", "--jobs", "2").stdout
    assert "iris 6-6 epsilon 3 ctre-sim max_iter=2" in stdout
    assert "8 of 8 runs to do: " in stdout
    assert "with 2 at a time" in stdout
    assert not (tmp_path / "runs.db").exists()
    ctre("study", grid)
    assert "0 of 8 runs to do: 0.0 s of one processor" in ctre("study", grid, "--dry-run").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeds = ", "grid.toml is no TOML file"),
        ('dataset = "iris"', "method must be given"),
        (GRID + "epsilom = 3", "grid.toml: Unknown key 'epsilom'. Did you mean 'epsilon'?"),
        (GRID.replace("3", "-3"), "grid.toml: epsilon must be a number above 0"),
        (GRID.replace('"set"', '"st"'), "grid.toml: Unknown method 'st'. Did you mean 'set'?"),
        (GRID.replace('["set", "ctre-sim"]', "[]"), "method must hold at least one value"),
        (GRID + "file_format = {delimiter = 3}", "grid.toml: file_format: "),
        (GRID.replace("paper", "papier"), "Unknown protocol 'papier'. Did you mean 'paper'?"),
    ],
)
def test_a_grid_that_means_nothing_is_refused(ctre, grid, text, words):
    grid.write_text(text)
    assert words in " ".join(ctre("study", grid, code=2).stderr.split())


@pytest.mark.usefixtures("flowers")
def test_tables_share_what_stands_above_them(ctre, grid, tmp_path):
    grid.write_text(
        'dataset = "flowers.csv"\ntarget = "species"\nmax_iter = 1\nhidden_layer_sizes = [4]\n'
        'seeds = [5]\n[[grid]]\nmethod = "set"\nepsilon = [1, 2]\n'
        '[[grid]]\nmethod = "ctre-sim"\ndensity = 0.5\nsimilarity_samples = "all"\n'
    )
    ctre("study", grid)
    assert seeds_of(tmp_path / "runs.db") == [("ctre-sim", 5), ("set", 5), ("set", 5)]
    with Store(tmp_path / "runs.db") as store:
        (one,) = (run.experiment for run in store.runs() if run.experiment.method == "ctre-sim")
    assert one.settings["density"] == 0.5
    assert (one.settings["epsilon"], one.settings["similarity_samples"]) == (None, None)
    assert one.source.name == "flowers"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("table22",), "Did you mean 'table2'?"),
        (("table2", "--sizes", "99"), "sizes must be among"),
        (("table2", "--epsilons", "x"), "must be numbers above zero"),
        (("table2", "--jobs", "0"), "0 must be a number of runs"),
        (("table5", "--datasets", "mnist"), "datasets must be among madelon, got mnist"),
        ((), "Missing argument 'TARGET...'"),
    ],
)
def test_wrong_usage_of_reproduce(ctre, args, words):
    assert words in " ".join(ctre("reproduce", *args, code=2).stderr.split())


def test_data_that_are_not_here_are_passed_over(ctre, tmp_path):
    result = ctre("reproduce", "figure5", "--data-home", tmp_path / "empty", code=2)
    words = " ".join(result.stderr.split())
    assert "Note: madelon is not here and is left out; --datasets madelon fetches it." in words
    assert "no data set is left" in words


def test_a_store_is_listed_shown_and_verified(ctre, grid, tmp_path):
    ctre("study", grid)
    with Store(tmp_path / "runs.db") as store:
        key = store.runs()[0].key
        store.add([])
    stdout = ctre("store", "list", "runs.db", "--method", "set").stdout
    assert "4 runs, 4 done." in stdout
    assert "ctre-sim" not in stdout
    listed = json.loads(ctre("store", "list", "runs.db", "--json").stdout)
    assert len(listed) == 8
    assert {run["status"] for run in listed} == {DONE}
    shown = json.loads(ctre("store", "show", "runs.db", key[:12]).stdout)
    assert shown["key"] == key
    assert len(shown["epochs"]) == 2
    assert "begins 8" in " ".join(ctre("store", "show", "runs.db", "", code=2).stderr.split())
    assert "Runs that are whole: 8 done." in ctre("store", "verify", "runs.db").stdout


def test_a_store_goes_to_a_table_and_back(ctre, grid):
    ctre("study", grid)
    out = ctre("store", "export", "runs.db", "--format", "csv", "--out", "r.csv", "--with-epochs")
    assert "8 runs are in r.csv." in out.stdout
    assert "8 runs are new, 0 were there" in ctre("store", "merge", "b.db", "r.csv").stdout
    assert "0 runs are new, 8 were there" in ctre("store", "merge", "b.db", "runs.db").stdout
    assert ctre("report", "b.db").stdout == ctre("report", "r.csv").stdout
    words = ctre("store", "export", "b.db", "--format", "parquet", "--out", "x", "--with-epochs",
                 code=2).stderr  # fmt: skip
    assert "--with-epochs goes with --format csv" in " ".join(words.split())


def test_a_damaged_store_is_told(ctre, tmp_path):
    (tmp_path / "runs.db").write_bytes(b"no database" * 999)
    assert "damaged" in ctre("store", "verify", "runs.db", code=1).stderr
    assert "damaged" in ctre("store", "list", "runs.db", code=2).stderr


def test_the_report_in_all_its_forms(ctre, grid, tmp_path):
    ctre("study", grid)
    with Store(tmp_path / "runs.db") as store:
        one = store.runs()[0].experiment
        assert store.claim(one.key) is False
    result = ctre(
        "report", "runs.db", "--html", "r.html", "--markdown", "r.md", "--latex", "r.tex",
        "--title", "Flowers",
    )  # fmt: skip
    assert result.stdout == ""
    assert "<title>Flowers</title>" in (tmp_path / "r.html").read_text()
    assert (tmp_path / "r.md").read_text().startswith("# Flowers\n")
    assert r"\toprule" in (tmp_path / "r.tex").read_text()
    pictures = {path.name for path in (tmp_path / "r-pictures").iterdir()}
    for name in pictures:
        assert f"r-pictures/{name}" in (tmp_path / "r.md").read_text()
    assert pictures


def test_a_run_that_fails_does_not_stop_the_others(ctre, grid, tmp_path):
    grid.write_text(GRID + "learning_rate_init = [0.01, 1e30]\n")
    result = ctre("study", grid)
    assert "8/16 done, 8 failed in runs.db. 'ctre store list runs.db --status failed'" in (
        " ".join(result.stderr.split())
    )
    with Store(tmp_path / "runs.db") as store:
        assert [run.status for run in store.runs()].count(FAILED) == 8
    stdout = ctre("store", "list", "runs.db", "--status", "failed").stdout
    assert "TrainingDivergedError" in stdout
    assert "Failed runs" in ctre("report", "runs.db").stdout
    again = ctre("study", grid, "--retry-failed").stderr
    assert "8/16 done, 8 failed in runs.db." in " ".join(again.split())


def test_what_failed_and_is_done_again_is_counted_once(ctre, grid, monkeypatch):
    def failing(*_, **__):
        raise TrainingDivergedError("this time")

    with monkeypatch.context() as patched:
        patched.setattr("ctre.experiments.runner.run", failing)
        assert "0/8 done, 8 failed in runs.db." in " ".join(ctre("study", grid).stderr.split())
    again = ctre("study", grid, "--retry-failed").stderr
    assert "4/8 done, 4 failed  iris" in again
    assert again.splitlines()[-1] == "8/8 done in runs.db."


def test_a_cluster_that_is_not_there(ctre, grid):
    pytest.importorskip("distributed")
    assert "must say how many workers" in " ".join(
        ctre("study", grid, "--dask", "local:x", code=2).stderr.split()
    )
