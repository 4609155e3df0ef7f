"""The examples run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not in the wheel")


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("default")
def test_optuna_goes_on_and_prunes(tmp_path, monkeypatch):
    optuna = pytest.importorskip("optuna")
    example = load("optuna_search")
    monkeypatch.setattr(example, "X", example.X[:300])
    monkeypatch.setattr(example, "y", example.y[:300])
    journal = str(tmp_path / "journal.log")
    study = example.search(journal, n_trials=2)
    assert len(study.trials) == 2
    trial = study.trials[0]
    assert trial.value == max(trial.intermediate_values.values())
    assert len(trial.intermediate_values) == 20

    class Pruner(optuna.pruners.BasePruner):
        def prune(self, study, trial):  # noqa: ARG002
            return trial.last_step >= 3

    monkeypatch.setattr(optuna.pruners, "MedianPruner", lambda **_: Pruner())
    study = example.search(journal, n_trials=1)
    assert len(study.trials) == 3
    assert study.trials[2].state == optuna.trial.TrialState.PRUNED
    assert len(study.trials[2].intermediate_values) == 3
