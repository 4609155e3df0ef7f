"""Search settings with Optuna: its journal keeps the trials, a callback gives up the poor ones.

``pip install ctre optuna``; run it as often as you like, on as many processes as you like: all
go on with the same study.
"""

from __future__ import annotations

import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.datasets import load_digits

from ctre import SparseMLPClassifier
from ctre.training import Callback, FitState

X, y = load_digits(return_X_y=True)


class Prune(Callback):
    """Ends the fits of a trial that does worse than others did by that epoch."""

    def __init__(self, trial: optuna.Trial) -> None:
        self.trial = trial

    def on_epoch_end(self, state: FitState) -> None:
        record = state.history[-1]
        self.trial.report(record.validation_score, record.epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def objective(trial: optuna.Trial) -> float:
    model = SparseMLPClassifier(
        (200, 200),
        method=trial.suggest_categorical("method", ["ctre-corr", "ctre-seq", "set"]),
        epsilon=trial.suggest_float("epsilon", 0.5, 5, log=True),
        learning_rate_init=trial.suggest_float("learning_rate_init", 0.01, 0.2, log=True),
        drop_fraction=trial.suggest_float("drop_fraction", 0.1, 0.5),
        max_iter=20,
        validation_fraction=0.2,
        random_state=0,
        callbacks=[Prune(trial)],
    )
    return model.fit(X, y).best_validation_score_


def search(journal: str, n_trials: int) -> optuna.Study:
    study = optuna.create_study(
        study_name="digits",
        storage=JournalStorage(JournalFileBackend(journal)),
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=5),
    )
    study.optimize(objective, n_trials=n_trials)
    return study


if __name__ == "__main__":
    found = search(sys.argv[1] if len(sys.argv) > 1 else "digits.log", n_trials=30)
    print(f"{found.best_value:.4f}", found.best_params)
