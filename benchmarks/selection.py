"""How many of Madelon's twenty informative columns are among the twenty that each method selects?

Madelon has 5 informative columns and 15 that combine them; the other 480 are noise. Which are which
was not published with it, but the twenty go along with each other and the noise with nothing, so a
gap in the correlations tells them apart; `make_madelon` knows its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_selection import (
    SelectFromModel,
    SelectKBest,
    f_classif,
    mutual_info_classif,
)

from ctre import SparseMLPClassifier, load_dataset, make_madelon

N_INFORMATIVE = 20

Select = Callable[[NDArray[Any], NDArray[Any], int], NDArray[np.intp]]
"""(rows, classes, seed) -> numbers of the selected columns."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("madelon", "make-madelon"), default="madelon")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", help="part of a selector's name")
    wanted = parser.parse_args()
    data = load_dataset("madelon") if wanted.data == "madelon" else make_madelon()
    informative = data.informative or correlated(data.X_train)
    print(f"| selection of {N_INFORMATIVE} columns of {data.name} | informative ones | seconds |")
    print("|---|---|---|")
    for name, select in selectors().items():
        if wanted.only is None or wanted.only in name:
            runs = list(hits(select, data.X_train, data.y_train, informative, wanted.seeds))
            counts, seconds = zip(*runs, strict=True)
            print(
                f"| {name} | {', '.join(map(str, counts))} | {np.median(seconds):.0f} |", flush=True
            )


def correlated(X: NDArray[Any]) -> tuple[int, ...]:
    """Find the columns that some other column goes along with; there must be a gap."""
    strongest = (np.abs(np.corrcoef(X, rowvar=False)) - np.eye(X.shape[1])).max(axis=0)
    found = np.flatnonzero(strongest > 0.5)
    assert len(found) == N_INFORMATIVE, f"{len(found)} columns are correlated"
    assert strongest.max(where=strongest <= 0.5, initial=0) < 0.2, "there is no gap"
    return tuple(found.tolist())


def hits(
    select: Select, X: NDArray[Any], y: NDArray[Any], informative: Any, n_seeds: int
) -> Iterator[tuple[int, float]]:
    for seed in range(n_seeds):
        started = time.perf_counter()
        selected = select(X, y, seed)
        yield int(np.isin(selected, informative).sum()), time.perf_counter() - started


def selectors() -> Mapping[str, Select]:
    return {
        "`SelectFromModel(SparseMLPClassifier())`": by_network,
        "analysis of variance (`f_classif`)": lambda X, y, _: univariate(f_classif, X, y),
        "mutual information": lambda X, y, seed: univariate(
            lambda X, y: mutual_info_classif(X, y, random_state=seed), X, y
        ),
        "gradient boosting importances": by_boosting,
        "LassoNet": by_lassonet,
    }


def by_network(X: NDArray[Any], y: NDArray[Any], seed: int) -> NDArray[np.intp]:
    model = SparseMLPClassifier(random_state=seed)
    selection = SelectFromModel(model, max_features=N_INFORMATIVE, threshold=-np.inf)
    return selection.fit(X, y).get_support(indices=True)


def univariate(score: Any, X: NDArray[Any], y: NDArray[Any]) -> NDArray[np.intp]:
    return SelectKBest(score, k=N_INFORMATIVE).fit(X, y).get_support(indices=True)


def by_boosting(X: NDArray[Any], y: NDArray[Any], seed: int) -> NDArray[np.intp]:
    model = GradientBoostingClassifier(random_state=seed)
    selection = SelectFromModel(model, max_features=N_INFORMATIVE, threshold=-np.inf)
    return selection.fit(X, y).get_support(indices=True)


def by_lassonet(X: NDArray[Any], y: NDArray[Any], seed: int) -> NDArray[np.intp]:
    """Rank as its path does: by how long a column stays while the penalty grows."""
    try:
        from lassonet import LassoNetClassifier
    except ImportError:
        raise SystemExit("LassoNet is not installed: pip install lassonet==0.0.21") from None
    model = LassoNetClassifier(hidden_dims=(100,), random_state=seed, torch_seed=seed)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    model.path(scaled.astype(np.float32), np.unique(y, return_inverse=True)[1])
    return np.argsort(-model.feature_importances_.numpy(), kind="stable")[:N_INFORMATIVE]


if __name__ == "__main__":
    main()
