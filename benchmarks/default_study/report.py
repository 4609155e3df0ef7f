"""Tables of what the searches found: ``report.py l2``, or ``report.py rivals --by method,alpha``.

Rows are data sets, columns the parameters that were changed, or those of ``--by``; a cell is the
mean over seeds in percent with the number of seeds, of rows that judged (search: validation, final:
test). A training that diverged counts 0. *Regret* is the mean distance to the best cell of a row,
over full rows. Searches of the first round are named with their folder: ``first/rule --by method``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

RESULTS = Path(__file__).parent / "results"


def runs(grids: Iterable[str]) -> list[dict[str, Any]]:
    """Read the trainings of some searches, of all if none is named."""
    paths = [RESULTS / f"{grid}.jsonl" for grid in grids] or sorted(RESULTS.glob("*.jsonl"))
    found = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    return [run | run.get("parameters", {}) for run in found]


def changes(run: dict[str, Any]) -> str:
    """Name what was changed of the default."""
    return ", ".join(f"{k} {v}" for k, v in run.get("parameters", {}).items()) or "the default"


def table(found: Iterable[dict[str, Any]], by: tuple[str, ...], value: str, row: str) -> str:
    """Write one table in Markdown."""
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run in found:
        column = ", ".join(str(run.get(name)) for name in by) or changes(run)
        cells[run[row], column].append(100 * (run[value] or 0))
    rows = list(dict.fromkeys(place[0] for place in cells))
    columns = list(dict.fromkeys(place[1] for place in cells))
    lines = [f"| {row} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in rows:
        texts = [_cell(cells.get((name, column))) for column in columns]
        lines.append(f"| {name} | {' | '.join(texts)} |")
    full = [name for name in rows if all((name, column) in cells for column in columns)]
    if full:
        means = {(name, column): mean(cells[name, column]) for name in full for column in columns}
        best = {name: max(means[name, column] for column in columns) for name in full}
        lines.append(
            f"| mean of {len(full)} | "
            + " | ".join(f"{mean(means[n, c] for n in full):.2f}" for c in columns) + " |"
        )  # fmt: skip
        lines.append(
            "| regret | "
            + " | ".join(f"{mean(best[n] - means[n, c] for n in full):.2f}" for c in columns) + " |"
        )  # fmt: skip
    if len(full) > 1:
        lines.append(_leave_one_out(full, columns, means))
    return "\n".join(lines)


def _leave_one_out(rows: list[str], columns: list[str], means: dict[tuple[str, str], float]) -> str:
    """Say what is chosen for each row by the others alone, and what that is worth."""
    chosen = {
        row: max(columns, key=lambda column: sum(means[r, column] for r in rows if r != row))
        for row in rows
    }
    worth = mean(means[row, chosen[row]] for row in rows)
    counts = Counter(chosen.values()).most_common()
    return f"\nEach row by the choice of the others: {worth:.2f} ({counts})."


def _cell(values: list[float] | None) -> str:
    if not values:
        return "–"
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):.1f}{spread} ({len(values)})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("grids", nargs="*")
    parser.add_argument("--by", default="", help="parameters, joined by commas")
    parser.add_argument("--row", default="data")
    parser.add_argument("--value", default="score")
    parser.add_argument("--where", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    wanted = dict(term.split("=", 1) for term in arguments.where)
    chosen = [
        run
        for run in runs(arguments.grids)
        if all(str(run.get(name)) == value for name, value in wanted.items())
    ]
    print(
        table(chosen, tuple(filter(None, arguments.by.split(","))), arguments.value, arguments.row)
    )
