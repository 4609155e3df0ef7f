from __future__ import annotations

import csv
import json

import click
import numpy as np
import pytest
from scipy.sparse import csr_array

import ctre as package
from ctre.cli.file_options import FILE_OPTIONS
from ctre.cli.train import train as train_command
from ctre.datasets import load, make_madelon
from ctre.estimators import PROTOCOLS, SparseMLPClassifier
from ctre.methods import SCHEDULES
from ctre.network import WEIGHT_INITS
from ctre.persistence import load_model
from ctre.preprocessing import ColumnScaling
from ctre.vocabulary import SCALINGS

OPTIONS = {option.name: option for option in train_command.params}
KEYWORDS = set(SparseMLPClassifier().get_params())
NOT_KEYWORDS = {
    "data", "protocol", "target", "test_fraction", "out", "data_home", "as_json",
    "checkpoint_folder", "every", "resume", "task", "kinds", *FILE_OPTIONS,
}  # fmt: skip


def sparse_rows():
    """Give a CSR array (40, 30), 30 % of it stored."""
    rng = np.random.default_rng(0)
    return csr_array(np.where(rng.random((40, 30)) < 0.3, rng.random((40, 30)), 0))


def save_sparse(path, X):
    parts = {f"X_{name}": getattr(X, name) for name in ("data", "indices", "indptr", "shape")}
    np.savez(path, **parts, y=np.arange(X.shape[0]) % 2)


def test_json_is_all_there_is_on_stdout(ctre, quick):
    result = ctre("train", "iris", *quick, "--json")
    report = json.loads(result.stdout)
    assert result.stderr == ""
    wanted = {
        "dataset", "method", "epsilon", "density", "n_connections", "n_dense", "layers",
        "test_accuracy", "validation_accuracy", "best_epoch", "epochs", "seed", "seconds",
        "similarity_samples", "similarity_candidates", "threads", "version",
    }  # fmt: skip
    assert wanted <= report.keys()
    assert report["dataset"] == "iris"
    assert report["version"] == package.__version__
    assert report["epsilon"] == 2
    assert report["epochs"] == 3
    assert [(layer["n_pre"], layer["n_post"]) for layer in report["layers"]] == [
        (4, 8), (8, 6), (6, 3)
    ]  # fmt: skip
    assert [layer["n_connections"] for layer in report["layers"]] == [24, 28, 18]
    assert report["n_connections"] == 24 + 28 + 18
    assert report["n_dense"] == 32 + 48 + 18
    assert report["density"] == pytest.approx(70 / 98)
    assert set(report["seconds"]) == {"total", "train", "evolve", "validate"}
    total = report["seconds"].pop("total")
    assert 0 < sum(report["seconds"].values()) < total


def test_the_report_is_of_the_network_that_is_kept(train, tmp_path):
    """Planted mistakes: accuracy of unscaled rows, or of the training rows; the last epoch."""
    report = train(
        "wine", "--epochs", "30", "--protocol", "paper", "--method", "ctre-seq", "--out", "run",
        "--learning-rate", "0.1",
    )  # fmt: skip
    saved, data = load_model(tmp_path / "run"), load("wine")
    score = saved.estimator.score
    assert report["test_accuracy"] == score(data.X_test, data.y_test)
    assert report["test_accuracy"] != score(data.X_train, data.y_train)
    saved.estimator.scaling_ = ColumnScaling("none")
    assert report["test_accuracy"] != score(data.X_test, data.y_test)
    with (tmp_path / "run" / "history.csv").open(newline="") as file:
        scores = [float(row["validation_score"]) for row in csv.DictReader(file)]
    assert report["validation_accuracy"] == max(scores)
    assert report["best_epoch"] == 1 + scores.index(max(scores)) < len(scores)


def test_the_summary_tells_what_matters(ctre, quick):
    args = ("train", "make-madelon", *quick, "--protocol", "paper")
    stdout = ctre(*args).stdout
    for words in (
        "make-madelon", "Test accuracy", "Balanced", "throughout", "Validation",
        "of 4,060 in the dense network",
        "training", "evolving", "validating", "of the 20 most connected inputs are informative",
    ):  # fmt: skip
        assert words in stdout
    assert "Picture" not in stdout
    assert sum("━" in line for line in stdout.splitlines()) == 10


def test_without_out_nothing_is_written(ctre, quick, tmp_path):
    ctre("train", "iris", *quick)
    assert list(tmp_path.iterdir()) == []


def test_every_option_reaches_the_estimator(ctre):
    report = json.loads(
        ctre(
            "train", "iris", "--method", "ctre-seq-hebb", "--hidden", "7, 5", "--density", "0.5",
            "--epochs", "2", "--batch-size", "9", "--learning-rate", "0.02", "--schedule",
            "constant", "--momentum", "0.5", "--l2", "0.001", "--zeta", "0.3", "--zeta-schedule",
            "linear", "--update-interval", "2", "--update-until", "0.5", "--patience", "3",
            "--init", "uniform", "--similarity-samples", "0.5",
            "--similarity-candidates", "3", "--scale", "std", "--seed", "4",
            "--threads", "2", "--json",
        ).stdout
    )  # fmt: skip
    expected = {
        "method": "ctre-seq-hebb", "epsilon": None, "epochs": 2, "batch_size": 9,
        "learning_rate": 0.02, "schedule": "constant", "momentum": 0.5, "l2": 0.001, "zeta": 0.3,
        "zeta_schedule": "linear", "update_interval": 2, "update_until": 0.5, "patience": 3,
        "init": "uniform", "similarity_samples": 60,
        "similarity_candidates": 3, "scale": "std", "seed": 4, "threads": 2,
    }  # fmt: skip
    assert {name: report[name] for name in expected} == expected
    assert report["density"] == pytest.approx(0.5, abs=0.02)
    assert [layer["n_post"] for layer in report["layers"]] == [7, 5, 3]


@pytest.mark.parametrize(
    ("rows", "expected"), [("all", 120), ("20", 20), ("0.25", 30), ("5000", 120)]
)
def test_similarity_samples(train, rows, expected):
    assert train("iris", "--similarity-samples", rows)["similarity_samples"] == expected


@pytest.mark.parametrize(("pairs", "expected"), [("all", None), ("7", 7)])
def test_similarity_candidates(train, pairs, expected):
    report = train("iris", "--similarity-candidates", pairs)
    assert report["similarity_candidates"] == expected


def test_unset_options_come_from_the_protocol(ctre):
    """Planted mistake: options that were not set replace the protocol's values by None."""
    common = ("train", "iris", "--epochs", "1", "--hidden", "8", "--json")
    default = json.loads(ctre(*common).stdout)
    paper = json.loads(ctre(*common, "--protocol", "paper", "--momentum", "0.7").stdout)
    assert (default["learning_rate"], default["schedule"], default["init"]) == (
        0.05, "cosine", "normal"
    )  # fmt: skip
    assert (paper["learning_rate"], paper["schedule"], paper["init"]) == (
        0.01, "constant", "uniform"
    )  # fmt: skip
    assert paper["momentum"] == 0.7
    assert paper["similarity_samples"] == 108
    assert (default["method"], paper["method"]) == ("ctre-corr", "ctre-corr")


def test_the_scaling_is_the_data_sets_own(train, tmp_path):
    X = sparse_rows()
    save_sparse(tmp_path / "sparse.npz", X)
    np.savez(tmp_path / "dense.npz", X=X.toarray(), y=np.arange(40) % 2)
    counts = csr_array(np.rint(5 * X.toarray()), dtype=np.float32)
    save_sparse(tmp_path / "counts.npz", counts)
    assert train("sparse.npz")["scale"] == train("dense.npz")["scale"] == "anchored"
    assert train("counts.npz")["scale"] == "tfidf"
    assert train("dense.npz", "--protocol", "paper")["scale"] == "minmax"
    assert train("dense.npz", "--scale", "none")["scale"] == "none"
    assert train("make-madelon", "--protocol", "paper")["scale"] == "standard"


def test_the_seed_decides(train):
    def learned(seed):
        report = train("iris", "--seed", seed)
        del report["seconds"]
        return report

    assert learned(0) == learned(0)
    assert learned(0)["top_inputs"] != learned(1)["top_inputs"]


def test_a_file_without_test_rows_is_split(train, flowers):
    report = train(flowers, "--target", "species")
    assert (report["n_train"], report["n_test"], report["n_classes"]) == (48, 12, 2)
    assert report["dataset"] == "flowers"
    assert {entry["name"] for entry in report["top_inputs"]} == {"petal", "sepal"}
    assert report["columns"][2]["why"] == "constant"  # garden
    assert report["informative"] is None
    assert train(flowers, "--target", "4", "--test-fraction", "0.5")["n_test"] == 30


def test_informative_inputs_are_counted(train, tmp_path):
    """Planted mistake: the least connected inputs first."""
    report = train("make-madelon", "--out", "run")
    informative = set(make_madelon().informative.tolist())
    model = load_model(tmp_path / "run").estimator
    counts = model.network_.layers[0].topology.out_degrees
    ranking = sorted(
        range(500), key=lambda column: (-counts[column], -model.feature_importances_[column])
    )
    assert report["informative"] == {"n": 20, "n_in_top": len(informative & set(ranking[:20]))}
    assert report["informative"]["n_in_top"] > 0
    assert report["top_inputs"] == [
        {
            "column": column,
            "name": None,
            "n_connections": counts[column],
            "is_informative": column in informative,
        }
        for column in ranking[:10]
    ]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "Missing argument 'DATA'"),
        (["iris", "--epsilon", "1", "--density", "0.1"], "either --epsilon or --density, not both"),
        (["iris", "--epsilon", "0"], "'--epsilon'"),
        (["iris", "--density", "1.5"], "'--density'"),
        (["iris", "--hidden", "1000,abc"], "as in 1000,1000"),
        (["iris", "--hidden", "10,,10"], "as in 1000,1000"),
        (["iris", "--hidden", "10,0"], "as in 1000,1000"),
        (["iris", "--epochs", "0"], "'--epochs'"),
        (["iris", "--epochs", "many"], "'many' is not a valid integer range"),
        (["iris", "--similarity-samples", "0"], "a share of them such as 0.25"),
        (["iris", "--similarity-samples", "1.5"], "a share of them such as 0.25"),
        (["iris", "--similarity-candidates", "0"], "must be 'all' or a number of pairs"),
        (["iris", "--similarity-candidates", "0.5"], "must be 'all' or a number of pairs"),
        (["iris", "--similarity-samples", "half"], "a share of them such as 0.25"),
        (["iris", "--schedule", "cosin"], "'cosin' is not one of 'constant', 'cosine'"),
        (["iris", "--protocol", "papers"], "'papers' is not one of"),
        (["iris", "--method", "ctre-sin"], "Did you mean 'ctre-sim'?"),
        (["iris", "--epsilon", "0.0001"], "without a connection"),
        (["iris", "--target", "species"], "iris is a catalogued name"),
        (["iris", "--test-fraction", "0.5"], "iris comes with its own test rows"),
        (["iris", "--learning-rate", "1e12"], "training loss became"),
        (["iris", "--update-interval", "0"], "'--update-interval'"),
        (["iris", "--update-until", "1.5"], "'--update-until'"),
        (["iris", "--nonsense"], "No such option"),
        (["irsi"], "Unknown data set 'irsi'. Did you mean 'iris'?"),
        (["nothing.csv"], "nothing.csv does not exist"),
        (["folder"], "folder"),
        (["iris", "--out", "file.txt"], "file.txt"),
        (["iris", "--out", "file.txt/run"], "file.txt/run: Not a directory"),
        (["sparse.npz", "--scale", "standard"], "must be 'std' or 'none' for these sparse"),
    ],
)
def test_wrong_usage(ctre, quick, tmp_path, args, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").touch()
    rows = sparse_rows()
    save_sparse(tmp_path / "sparse.npz", rows)
    result = ctre("train", *quick, *args, code=2)
    assert result.stdout == ""
    assert words in " ".join(result.stderr.split())
    assert result.stderr.count("Error: ") == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("method", "option", "value"),
    [
        ("dense", "--density", "0.1"),
        ("dense", "--zeta", "0.1"),
        ("static", "--zeta-schedule", "step"),
        ("snip", "--update-interval", "2"),
        ("magnitude", "--zeta", "0.1"),
        ("set", "--patience", "3"),
        ("rigl", "--similarity-samples", "all"),
    ],
)
def test_an_option_that_the_method_cannot_use_is_refused(ctre, method, option, value):
    """Planted mistake: all rows are None for the estimator, which is not the same as unset."""
    result = ctre("train", "iris", "--method", method, option, value, code=2)
    assert result.stdout == ""
    assert f"Error: {option} makes no difference to {method};" in result.stderr


def test_the_method_of_the_protocol_counts_as_chosen(train):
    assert train("iris", "--protocol", "paper", "--update-until", "0.5")["update_until"] == 0.5


def test_updates_come_when_they_are_asked_for(ctre, tmp_path):
    ctre(
        "train", "iris", "--epochs", "10", "--hidden", "40", "--epsilon", "2", "--method", "set",
        "--zeta", "0.25", "--zeta-schedule", "step", "--update-interval", "2",
        "--update-until", "0.7", "--out", "run",
    )  # fmt: skip
    with (tmp_path / "run" / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    dropped = [int(row["n_died_1"]) + int(row["n_regrown_1"]) for row in history]
    assert dropped == [0, 22, 0, 22, 0, 2, 0, 0, 0, 0]  # of 88


@pytest.mark.parametrize(
    ("content", "args", "words"),
    [
        ("a,b,y\n1,2,0\n1,1\n", [], "row 2 (line 3) must have 3 fields"),
        ("a,b,y\n1,2,0\n1,3,0\n", [], "two classes or more, got 0 alone"),
        ("a,b,y\n1,2,0\n1,3,1\n", [], "Every one of the 2 classes has a single row"),
        ("a,b,c\n1,2,0\n1,3,1\n", [], "--target must be the column"),
        ("a,b,c\n1,2,0\n1,3,1\n", ["--target", "d"], "'d'"),
        ("a,b,c\n1,2,0\n1,3,1\n", ["--target", "4"], "columns 1 to 3"),
        ("", [], "is empty"),
    ],
)
def test_wrong_files(ctre, quick, tmp_path, content, args, words):
    (tmp_path / "data.csv").write_text(content)
    result = ctre("train", "data.csv", *quick, *args, code=2)
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_option_names_are_keywords_of_the_estimator():
    """The command hands them over by name, so one that is no keyword would be a crash."""
    assert OPTIONS.keys() - NOT_KEYWORDS <= KEYWORDS


def test_choices_are_those_of_the_library():
    def choices(name):
        assert isinstance(OPTIONS[name].type, click.Choice)
        return set(OPTIONS[name].type.choices)

    assert choices("protocol") == PROTOCOLS.keys()
    assert choices("scaling") == set(SCALINGS)
    assert choices("weight_init") == WEIGHT_INITS.keys()
    assert choices("learning_rate") == SCHEDULES.keys()
    assert choices("drop_fraction_schedule") == SCHEDULES.keys()


def test_help_tells_the_defaults_of_both_protocols():
    estimator = SparseMLPClassifier().get_params()
    told = 0
    for name in OPTIONS.keys() - NOT_KEYWORDS - {"random_state", "density", "n_threads", "scaling"}:
        default = PROTOCOLS["default"].get(name, estimator[name])
        paper = PROTOCOLS["paper"].get(name, estimator[name])
        words = _as_text(default) + ("" if paper == default else f"; paper: {_as_text(paper)}")
        assert OPTIONS[name].help.endswith(f"[default: {words}]"), name
        told += 1
    assert told == 18


def _as_text(value):
    if value is None:
        return "all"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
