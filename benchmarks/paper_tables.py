"""Are the paper's tables reproduced? Trains their cells and sets ours beside the paper's.

The cells are those of Atashgahi et al. (2022), Tables 2, 4, 5, 7, 9 and 10, for Madelon and Isolet
with three hidden layers of 1000 neurons at epsilon 1 and 5: ``paper_tables.csv`` holds them.
Trains through ``ctre compare`` what is not done yet; ``--table`` prints the table of what is done,
and ``--page`` puts it at the end of ``docs/paper-comparison.md``. Of a comparison's folder,
``rows.csv`` and ``settings.json`` are kept under version control. Without its ``curves.csv`` a
folder that is not complete begins anew.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

_CELLS = Path(__file__).with_suffix(".csv")
_STORE = Path(__file__).parent / "results" / "paper_tables"
_PAGE = Path(__file__).parents[1] / "docs" / "paper-comparison.md"
_HEADER = "| data | epsilon | similarity rows | method | ours | paper | | Table |"
_N_SEEDS = 3
_NONE = "-"  # where a setting does not apply


class Study(NamedTuple):
    """What one comparison trains, but for the methods."""

    data: str
    epsilon: str
    similarity_samples: str

    @property
    def is_dense(self) -> bool:
        """Whether its networks have neither a density nor a topology to evolve."""
        return self.epsilon == _NONE

    @property
    def folder(self) -> Path:
        """Where its runs are kept."""
        return _STORE / (f"{self.data}-dense" if self.is_dense else "-".join(self))


class Accuracy(NamedTuple):
    """Mean and standard deviation over seeds, in percent."""

    mean: float
    std: float

    def __str__(self) -> str:
        return f"{self.mean:.1f} ± {self.std:.1f}"

    def is_off(self, other: Accuracy) -> bool:
        """Tell whether they are further apart than twice either's spread."""
        return abs(self.mean - other.mean) > 2 * (self.std + other.std)


class Cell(NamedTuple):
    """What the paper says."""

    tables: str
    accuracy: Accuracy


def read_paper() -> dict[Study, dict[str, Cell]]:
    """Read the paper's cells, by study and method."""
    paper: dict[Study, dict[str, Cell]] = {}
    with _CELLS.open(newline="") as file:
        for data, epsilon, samples, method, tables, *figures in list(csv.reader(file))[1:]:
            cell = Cell(tables.replace(" ", ", "), Accuracy(*map(float, figures)))
            paper.setdefault(Study(data, epsilon, samples), {})[method] = cell
    return paper


def read_ours(study: Study) -> dict[str, Accuracy]:
    """Read what is trained with every seed, by method."""
    path = study.folder / "rows.csv"
    shares: dict[str, list[float]] = {}
    if path.exists():
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                shares.setdefault(row["method"], []).append(100 * float(row["test_accuracy"]))
    return {
        method: Accuracy(mean(values), stdev(values))
        for method, values in shares.items()
        if len(values) == _N_SEEDS
    }


def train() -> None:
    """Train what is not done yet."""
    for study, cells in read_paper().items():
        if cells.keys() <= read_ours(study).keys():
            continue
        options = {
            "--protocol": "paper",
            "--epochs": "500",
            "--methods": ",".join(cells),
            "--seeds": str(_N_SEEDS),
            "--threads": "1",
            "--out": str(study.folder),
        }
        if not study.is_dense:
            options["--epsilon"] = study.epsilon
            options["--similarity-samples"] = study.similarity_samples
        words = [word for option in options.items() for word in option]
        subprocess.run([sys.executable, "-m", "ctre", "compare", study.data, *words], check=True)


def table() -> str:
    """Write the table in Markdown; ≠ marks what is further off than twice either's spread."""
    lines = [_HEADER, "|---|---|---|---|---|---|---|---|"]
    for study, cells in read_paper().items():
        ours = read_ours(study)
        for method in [*cells, *(ours.keys() - cells.keys())]:
            here, there = ours.get(method), cells.get(method)
            is_off = here and there and here.is_off(there.accuracy)
            lines.append(
                f"| {' | '.join(study)} | `{method}` | {here or '–'} "
                f"| {there.accuracy if there else '–'} | {'≠' if is_off else ''} "
                f"| {there.tables if there else '–'} |"
            )
    return "\n".join(lines) + "\n"


def rewrite_page() -> None:
    """Put the table where the page has it."""
    text, _, _ = _PAGE.read_text(encoding="utf-8").partition(_HEADER)
    _PAGE.write_text(text + table(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", action="store_true", help="print the table, train nothing")
    parser.add_argument("--page", action="store_true", help="renew the page, train nothing")
    chosen = parser.parse_args()
    if chosen.table:
        print(table(), end="")
    elif chosen.page:
        rewrite_page()
    else:
        train()
