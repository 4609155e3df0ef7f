"""``ctre train --checkpoint``, ``--every`` and ``--resume``."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from ctre import Checkpoint, load_model

ENVIRONMENT = {
    **os.environ,
    "CTRE_KERNELS": "native" if importlib.util.find_spec("ctre.kernels._native") else "numpy",
}


def weights_in(folder):
    return [layer.weights for layer in load_model(folder).estimator.network_.layers]


def assert_same_run(one, other):
    for weights, others in zip(weights_in(one), weights_in(other), strict=True):
        np.testing.assert_array_equal(weights, others)
    report, other_report = (
        json.loads((folder / "run.json").read_text()) for folder in (one, other)
    )
    assert report | {"seconds": None} == other_report | {"seconds": None}


def test_an_interrupted_training_goes_on(ctre, quick, tmp_path, monkeypatch):
    command = ("train", "iris", *quick, "--checkpoint", "kept")
    ctre(*command, "--out", "whole")
    Checkpoint("kept").remove()
    with monkeypatch.context() as context:
        context.setattr("ctre.cli.progress.ProgressBar.on_epoch_end", interrupt_after(2))
        context.setattr("time.perf_counter", itertools.count(0.0, 1000.0).__next__)
        result = ctre(*command, "--out", "run", code=130)
    assert result.stderr == (
        "Interrupted; kept holds the training after 2 of 3 epochs, and --resume goes on from "
        "there.\n"
    )
    assert list((tmp_path / "run").iterdir()) == []
    result = ctre(*command, "--out", "run", "--resume", "--json")
    assert result.stderr == ""
    assert_same_run(tmp_path / "run", tmp_path / "whole")
    seconds = json.loads(result.stdout)["seconds"]
    parts = seconds["train"] + seconds["evolve"] + seconds["validate"]
    assert seconds["total"] >= parts > 2000  # of the two epochs before the interruption


def interrupt_after(n_epochs):
    def interrupt(self, state):  # noqa: ARG001
        if state.n_epochs_done > n_epochs:
            raise KeyboardInterrupt

    return interrupt


def test_an_interruption_before_anything_is_kept(ctre, quick, monkeypatch):
    monkeypatch.setattr("ctre.cli.progress.ProgressBar.on_epoch_end", interrupt_after(0))
    assert ctre("train", "iris", *quick, code=130).stderr == "Interrupted; nothing was saved.\n"


def test_every_so_many_epochs(ctre, quick, tmp_path):
    ctre("train", "iris", *quick, "--checkpoint", "kept", "--every", 2)
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == ["checkpoint-000002.safetensors", "checkpoint-000003.safetensors"]


def test_a_finished_training_is_reported_again(ctre, quick, tmp_path):
    command = ("train", "iris", *quick, "--checkpoint", "kept")
    ctre(*command, "--out", "first")
    ctre(*command, "--out", "second", "--resume")
    assert_same_run(tmp_path / "first", tmp_path / "second")


def test_a_training_is_not_written_over(ctre, quick, tmp_path):
    command = ("train", "iris", *quick, "--checkpoint", "kept")
    ctre(*command)
    before = {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    result = ctre(*command, "--seed", 1, code=2)
    assert "Error: kept holds a training. Go on with it by --resume, or" in result.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before


def test_resume_where_nothing_is_begins_and_says_so(ctre, quick):
    result = ctre("train", "iris", *quick, "--checkpoint", "kept", "--resume")
    assert result.stderr == "Note: kept holds no training yet; one begins.\n"
    assert Checkpoint("kept").latest().is_done


@pytest.mark.parametrize("options", [("--resume",), ("--every", 3)])
def test_options_that_need_the_folder(ctre, options):
    result = ctre("train", "iris", *options, code=2)
    assert f"Error: {options[0]} needs --checkpoint DIR" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--epochs", 5), "--epochs must be 3, as it was in the training that is saved in 'kept'"),
        (("--learning-rate", 0.5), "--learning-rate must be 0.05, as"),
        (("--seed", 1), "--seed must be 0, as it was"),
        (("--zeta", 0.1), "--zeta must be 0.3, as it was"),
        (("--protocol", "paper"), "must be"),
    ],
)
def test_other_options_are_refused_by_their_names(ctre, quick, options, words):
    """Planted mistake: names of Python parameters."""
    command = ("train", "iris", *quick, "--checkpoint", "kept")
    ctre(*command)
    result = ctre(*command, *options, "--resume", code=2)
    assert result.stderr.startswith(f"Error: {words}" if words[0] == "-" else "Error: --")
    assert "choose another folder for another one." in result.stderr


def test_other_data_are_refused(ctre, quick, flowers):
    command = ("train", flowers, "--target", "species", *quick, "--checkpoint", "kept")
    ctre(*command)
    flowers.write_text(flowers.read_text().replace("rose", "lily"))
    result = ctre(*command, "--resume", code=2)
    assert result.stderr.startswith(
        "Error: The data must be those of the training that is saved in 'kept', but the names or "
    )


@pytest.mark.skipif(os.name == "nt", reason="nothing is killed there")
def test_a_command_that_is_killed_goes_on(ctre, tmp_path):
    """The end of it all: a real process, killed at whatever it is doing."""
    X = np.random.default_rng(0).normal(size=(2000, 20))
    np.savez(tmp_path / "table.npz", X=X, y=(X[:, :3]).argmax(axis=1))
    command = (
        "train", "table.npz", "--epochs", "40", "--hidden", "60,60", "--batch-size", "5",
        "--method", "ctre-seq", "--patience", "3", "--threads", "1",
    )  # fmt: skip
    kept = Checkpoint(tmp_path / "kept")
    process = subprocess.Popen(
        [sys.executable, "-m", "ctre", *command, "--checkpoint", "kept"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    begun = time.monotonic()
    while not any(kept.folder.glob("checkpoint-00000[3-9]*")):
        assert process.poll() is None
        assert time.monotonic() < begun + 100
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert 3 <= kept.latest().n_epochs_done < 40
    ctre(*command, "--checkpoint", "kept", "--resume", "--out", "run")
    ctre(*command, "--out", "whole")
    assert_same_run(tmp_path / "run", tmp_path / "whole")
