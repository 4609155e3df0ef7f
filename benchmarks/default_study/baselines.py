"""Linear models and gradient boosting on the same splits, into ``results/other/baselines.jsonl``.

The linear model (logistic regression, or ridge where the target is a measurement) gets the
default's scaling and chooses its penalty by cross-validation on the training rows, on images by a
fifth of 20,000 of them; boosting is scikit-learn's with its defaults.

``python -m default_study.baselines digits isolet``: the named sets, all where none is named.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from ctre.preprocessing import fit_scaling
from default_study import data
from default_study.grids import TABLES, TARGETS
from default_study.regression_data import REGRESSION

STORE = Path(__file__).parent / "results" / "other" / "baselines.jsonl"
PENALTIES = np.logspace(-3, 3, 7)


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    everything = dict.fromkeys((*TARGETS, *TABLES, *REGRESSION, *data.IMAGES))
    lines = STORE.read_text().splitlines() if STORE.exists() else []
    done = {(run["data"], run["method"]) for run in map(json.loads, lines)}
    for name in names or everything:
        for method in ("linear", "boosting"):
            if (name, method) in done:
                continue
            started = time.process_time()
            score = _score(name, method)
            record = {"data": name, "method": method, "phase": "final", "seed": 0,
                      "score": round(score, 5),
                      "cpu_seconds": round(time.process_time() - started, 1)}  # fmt: skip
            with STORE.open("a") as store:
                store.write(json.dumps(record) + "\n")


def _score(name: str, method: str) -> float:
    table = data.read(name)
    if method == "boosting":
        X, X_test = (a.toarray() if issparse(a) else a for a in (table.X_train, table.X_test))
        kind = (
            HistGradientBoostingRegressor if name in REGRESSION else HistGradientBoostingClassifier
        )
        return float(kind(random_state=0).fit(X, table.y_train).score(X_test, table.y_test))
    scaling = fit_scaling("auto", table.X_train)
    X, X_test = scaling.apply(table.X_train), scaling.apply(table.X_test)
    model = _linear(name, X, table.y_train)
    return float(model.fit(X, table.y_train).score(X_test, table.y_test))


def _linear(name: str, X: Any, y: Any) -> BaseEstimator:
    if name in REGRESSION:
        return RidgeCV(PENALTIES)
    model = LogisticRegression(max_iter=300)
    if name not in data.IMAGES:
        return GridSearchCV(model, {"C": PENALTIES}, cv=3)
    part = data.search_split(data.Table(X, y, X, y), seed=0, n_rows=20_000)
    scores = {
        C: LogisticRegression(C=C, max_iter=100)
        .fit(part.X_train, part.y_train)
        .score(part.X_test, part.y_test)
        for C in (1e-4, 1e-3, 1e-2, 1e-1)
    }
    return LogisticRegression(C=max(scores, key=scores.__getitem__), max_iter=100)


if __name__ == "__main__":
    with threadpool_limits(1):
        main(sys.argv[1:])
