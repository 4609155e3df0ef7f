"""What the studies here have in common: a store beside the script's results, and its options.

A study is a list of experiments and a view of what they brought. Its runs are kept in
``results/NAME.db`` (not under version control) and exported to ``results/NAME.csv`` (which is):
an interrupted study goes on where it was, here or, from the CSV file, on another machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from joblib import parallel_config

from ctre.experiments import Cell, Event, Experiment, Store, carry_out, cells_of
from ctre.experiments.exchange import read_csv, write_csv
from ctre.experiments.salvage import merge

RESULTS = Path(__file__).parent / "results"


def main(
    name: str, describe: str, experiments: Sequence[Experiment], view: Callable[[list[Cell]], None]
) -> None:
    """Do what is not done yet, or show what is."""
    parser = argparse.ArgumentParser(
        description=describe, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--show", action="store_true", help="show what is done, train nothing")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    arguments = parser.parse_args()
    table = RESULTS / f"{name}.csv"
    with Store(RESULTS / f"{name}.db") as store:
        if table.exists():
            merge(store, (), read_csv(table))
        if not arguments.show:
            with parallel_config("loky", inner_max_num_threads=1):
                carry_out(experiments, store, n_jobs=arguments.jobs, on_event=_tell)
            write_csv(store, table)
        keys = [one.key for one in experiments]
        view(cells_of(store, keys))


def mean_and_spread(cell: Cell) -> str:
    """Write mean and standard deviation, in percent."""
    return f"{cell.mean:.1f} ± {cell.std or 0:.1f}"


def markdown(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """Write a table; None is a dash."""

    def line(cells: Sequence[object]) -> str:
        return f"| {' | '.join('–' if cell is None else str(cell) for cell in cells)} |\n"

    return line(head) + "|---" * len(head) + "|\n" + "".join(map(line, rows))


def _tell(event: Event) -> None:
    if event.accuracy is not None:
        one = event.experiment
        print(f"{event.accuracy:.4f}  {one.source.name} {one.method} {one.seed}", file=sys.stderr)
    elif event.error:
        print(event.error, file=sys.stderr)
