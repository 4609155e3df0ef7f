"""Logistic regression and gradient boosting on the same splits, into ``results/other``.

Logistic regression gets the default's scaling and chooses its penalty among seven by
cross-validation on the training rows; boosting is scikit-learn's with its defaults.
"""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.sparse import issparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from ctre.preprocessing import fit_scaling
from default_study import data
from default_study.grids import TABLES, TARGETS

STORE = Path(__file__).parent / "results" / "other" / "baselines.jsonl"


def main() -> None:
    warnings.simplefilter("ignore")
    lines = STORE.read_text().splitlines() if STORE.exists() else []
    done = {(run["data"], run["method"]) for run in map(json.loads, lines)}
    for name in dict.fromkeys((*TARGETS, *TABLES)):
        for method in ("logistic regression", "boosting"):
            if (name, method) in done:
                continue
            started = time.perf_counter()
            score = _score(name, method)
            record = {"data": name, "method": method, "phase": "final", "seed": 0, "score": score,
                      "seconds": round(time.perf_counter() - started, 2)}  # fmt: skip
            with STORE.open("a") as store:
                store.write(json.dumps(record) + "\n")


def _score(name: str, method: str) -> float:
    table = data.read(name)
    if method == "boosting":
        X, X_test = (a.toarray() if issparse(a) else a for a in (table.X_train, table.X_test))
        model = HistGradientBoostingClassifier(random_state=0).fit(X, table.y_train)
        return round(float(model.score(X_test, table.y_test)), 5)
    scaling = fit_scaling("auto", table.X_train)
    search = GridSearchCV(LogisticRegression(max_iter=300), {"C": np.logspace(-3, 3, 7)}, cv=3).fit(
        scaling.apply(table.X_train), table.y_train
    )
    return round(float(search.score(scaling.apply(table.X_test), table.y_test)), 5)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
