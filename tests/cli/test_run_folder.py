from __future__ import annotations

import csv
import errno
import json
import os
import sys
import warnings

import pytest

from ctre.cli import run_folder
from ctre.persistence import load_model

FILES = {"model.safetensors", "history.csv", "run.json", "run.png"}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_leaves_four_files(ctre, quick, tmp_path):
    result = ctre("train", "iris", *quick, "--out", "runs/first")
    folder = tmp_path / "runs" / "first"
    assert contents(folder).keys() == FILES
    assert "Picture  runs/first/run.png" in result.stdout
    assert (folder / "run.png").read_bytes().startswith(b"\x89PNG")
    saved = load_model(folder)
    assert saved.estimator.scaling_.name == "anchored"
    assert saved.feature_names[0] == "sepal length (cm)"
    assert saved.estimator.hidden_layer_sizes == (8, 6)


def test_the_report_is_what_json_prints(train, tmp_path):
    printed = train("iris", "--out", "run")
    assert (printed.pop("out"), printed.pop("picture")) == ("run", "run/run.png")
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == printed


def test_the_history_has_a_line_per_epoch(ctre, quick, tmp_path):
    ctre("train", "iris", *quick, "--out", "run")
    with (tmp_path / "run" / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [rows[0][f"n_connections_{layer}"] for layer in (1, 2, 3)] == ["24", "28", "18"]
    assert float(rows[2]["train_loss"]) > 0
    assert rows[0]["validation_loss"] == ""
    assert None not in rows[0]


def test_a_later_run_replaces_an_earlier_one(ctre, quick, tmp_path):
    ctre("train", "iris", *quick, "--out", "run")
    earlier = contents(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    ctre("train", "iris", *quick, "--seed", "1", "--out", "run")
    later = contents(tmp_path / "run")
    assert later.keys() == FILES | {"notes.txt"}
    assert all(later[name] != earlier[name] for name in FILES)


def test_a_failed_write_leaves_the_earlier_run(ctre, quick, tmp_path, full_disk):
    """Planted mistake: files are put in place one by one, as soon as each is written."""
    ctre("train", "iris", *quick, "--out", "run")
    earlier = contents(tmp_path / "run")
    full_disk("run.json")
    result = ctre("train", "iris", *quick, "--seed", "1", "--out", "run", code=2)
    assert result.stderr == "Error: run/run.json: No space left on device\n"
    assert contents(tmp_path / "run") == earlier


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EIO, "Input/output error", "a.bin"), "a.bin: Input/output error"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (OSError("the device went away"), "the device went away"),
        (TimeoutError(), "TimeoutError"),
        (MemoryError(), "There is not enough memory."),
    ],
)
def test_an_error_of_the_system_is_a_sentence(ctre, quick, monkeypatch, error, message):
    """Planted mistake: "None: …" where an error has no file or no words."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(run_folder, "encode_model", fail)
    result = ctre("train", "iris", *quick, "--out", "run", code=2)
    assert result.stderr == f"Error: {message}\n"


def test_without_matplotlib_all_but_the_picture_is_there(ctre, quick, tmp_path, monkeypatch):
    ctre("train", "iris", *quick, "--out", "run")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        result = ctre("train", "iris", *quick, "--out", "run")
    assert result.stderr == (
        "Warning: Drawing pictures needs matplotlib, which is not installed: "
        'pip install "ctre[plots]"\n'
    )
    assert "Picture" not in result.stdout
    # The picture of the earlier run would be beside the model of another.
    assert contents(tmp_path / "run").keys() == FILES - {"run.png"}


def test_a_folder_that_cannot_be_written_is_found_before_training(ctre, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # noqa: ARG005 - root may write all
    result = ctre("train", "no-such-data", "--out", "run", code=2)
    assert result.stderr == "Error: run: Permission denied\n"


@pytest.mark.parametrize("target", ["species", "4", "-1"])
def test_the_name_of_the_labels_is_kept_with_the_model(train, flowers, tmp_path, target):
    train(flowers, "--target", target, "--out", "run")
    assert load_model(tmp_path / "run").target == "species"


def test_the_labels_of_a_file_without_a_header_have_no_name(train, flowers, tmp_path):
    _, _, rows = flowers.read_text().partition("\n")
    flowers.write_text(rows)
    train(flowers, "--target", "-1", "--out", "run")
    assert load_model(tmp_path / "run").target is None


@pytest.mark.skipif(os.name == "nt", reason="it has no such devices")
def test_a_device_is_no_folder(ctre):
    assert ctre("train", "iris", "--out", "/dev/null", code=2).stderr == (
        "Error: /dev/null: Not a directory\n"
    )
