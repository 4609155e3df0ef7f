"""What only a real process shows: signals, streams, a terminal."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FULL = Path("/dev/full")
CTRE = (sys.executable, "-m", "ctre")
IS_NATIVE = importlib.util.find_spec("ctre.kernels._native") is not None
ENVIRONMENT = {
    **os.environ,
    "CTRE_KERNELS": "native" if IS_NATIVE else "numpy",  # said, so that nothing is warned of
    "TERM": "xterm",
    "COLUMNS": "100",
}


def ctre(*args, **options):
    return subprocess.run(
        [*CTRE, *args], capture_output=True, text=True, timeout=120, env=ENVIRONMENT, **options
    )


@pytest.fixture
def endless(tmp_path):
    """Arguments of a training whose first epoch takes far longer than the test."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "long.npz", X=rng.normal(size=(200_000, 4)), y=np.arange(200_000) % 2)
    return (
        "train", "long.npz", "--out", "run", "--batch-size", "1", "--hidden", "500,500",
        "--epsilon", "20", "--threads", "1",
    )  # fmt: skip


def read_until(terminal, words):
    """Read what a process writes to a terminal until it has written ``words``, or ends."""
    seen = b""
    while words not in seen:
        assert select.select([terminal], [], [], 60)[0], f"nothing came after {seen!r}"
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
    return seen


@pytest.fixture
def on_terminal(tmp_path):
    """Start the command with a terminal as stderr; nothing of it outlives the test."""
    processes, terminals = [], []

    def start(*args):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*CTRE, *args],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=ENVIRONMENT,
            preexec_fn=heed_ctrl_c,
        )
        os.close(theirs)
        processes.append(process)
        terminals.append(ours)
        return process, ours

    yield start
    for process, terminal in zip(processes, terminals, strict=True):
        process.kill()
        process.wait()
        process.stdout.close()
        os.close(terminal)


def heed_ctrl_c():
    """Undo what a shell does to the jobs it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_in_the_middle_of_an_epoch(on_terminal, tmp_path, endless, how, status):
    process, terminal = on_terminal(*endless)
    seen = read_until(terminal, b"epoch 1/200")
    process.send_signal(how)
    seen += read_until(terminal, b"nothing was saved")
    assert process.wait(timeout=60) == status
    seen += read_until(terminal, b"no more")
    assert b"epoch 2" not in seen
    assert b"Traceback" not in seen
    assert process.stdout.read() == b""
    assert list((tmp_path / "run").iterdir()) == []


def test_progress_only_on_a_terminal(on_terminal, tmp_path, quick):
    args = ("train", "iris", *quick, "--json")
    process, terminal = on_terminal(*args)
    seen = read_until(terminal, b"no more")
    assert process.wait(timeout=60) == 0
    assert b"epoch 3/3" in seen
    assert b"24+28+18" in seen
    assert json.loads(process.stdout.read())["epochs"] == 3
    piped = ctre(*args, cwd=tmp_path)
    assert piped.stderr == ""
    assert json.loads(piped.stdout)["epochs"] == 3


def test_bad_input_is_one_message_and_no_traceback(tmp_path):
    result = ctre("train", "nothing.csv", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "Error: nothing.csv does not exist, or is no file.\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("args", [("methods", "--json"), ("--version",)])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_stdout_is_one_message(args, unbuffered):
    """Planted mistakes: it names None; Python tries once more when it ends, and exits with 120."""
    environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered}
    with FULL.open("w") as full:
        result = subprocess.run(
            [*CTRE, *args], stdout=full, stderr=subprocess.PIPE, text=True, env=environment
        )
    assert result.stderr == "Error: No space left on device\n"
    assert result.returncode == 2


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_has_seen_enough_is_no_error(options):
    process = subprocess.Popen(
        [*CTRE, "methods", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=60)


def test_help_is_quick():
    code = (
        "import sys; from ctre.cli import main; main(['train', '--help'], standalone_mode=False);"
        "print(*sys.modules, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0
    assert "--similarity-samples" in result.stdout
    slow = {"numpy", "scipy", "sklearn", "matplotlib", "rich", "pandas"}
    assert not slow & set(result.stderr.split())


def test_version():
    import ctre as package

    assert ctre("--version").stdout == f"ctre {package.__version__}\n"
