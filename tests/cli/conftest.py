"""How a test runs the command, and the small files it trains on."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from click.testing import CliRunner

from ctre.cli import main
from ctre.kernels import kernels


@pytest.fixture(scope="session", autouse=True)
def _chosen_kernels():
    """Have the warning of missing native kernels said before anybody looks at stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kernels()


@pytest.fixture
def quick():
    """Options of a training that takes no time."""
    return ("--epochs", "3", "--hidden", "8,6", "--epsilon", "2", "--batch-size", "16")


@pytest.fixture
def ctre(monkeypatch, tmp_path):
    """Run the command in an empty folder; what it raises beyond an exit status fails the test."""
    monkeypatch.chdir(tmp_path)

    def run(*args, code=0):
        result = CliRunner().invoke(main, list(map(str, args)))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.stderr
        return result

    return run


@pytest.fixture
def train(ctre, quick):
    """Train briefly, and give the object that ``--json`` prints."""

    def run(*args):
        return json.loads(ctre("train", *quick, *args, "--json").stdout)

    return run


@pytest.fixture
def flowers(tmp_path):
    """A CSV file that a user might have: a header, text labels, a constant column."""
    rng = np.random.default_rng(0)
    rows = ["petal,sepal,garden,species"]
    for number in range(60):
        species = ("rose", "tulip")[number % 2]
        petal, sepal = rng.normal(3 * (species == "rose"), 1), rng.normal()
        rows.append(f"{petal:.3f},{sepal:.3f},1,{species}")
    path = tmp_path / "flowers.csv"
    path.write_text("\n".join(rows) + "\n")
    return path
