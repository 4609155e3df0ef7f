"""Which rows does similarity need? Accuracy of CTRE on ever fewer of the training rows.

Trains ctre-sim and ctre-seq (three hidden layers of 1000 neurons, epsilon 1) on five data sets.
``--show`` prints what is done in Markdown, and draws it beside what an update costs
(``results/update_cost.json``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from studies import RESULTS, main, markdown, mean_and_spread

from ctre.estimators import PROTOCOLS
from ctre.experiments import Cell, DataSource, Experiment, facts_of
from ctre.figure_style import INK, QUIET, as_png, new_figure, prepare_axes, soften

_COSTS = RESULTS / "update_cost.json"
_PICTURE = Path(__file__).parents[1] / "docs" / "images" / "similarity-subsets.png"
_METHODS = ("ctre-seq", "ctre-sim")
_ROWS = (32, 64, 128, 256, 512, None)
_COLORS = {"ctre-seq": "#2563eb", "ctre-sim": "#ea580c", "set": QUIET}
_N_SEEDS = {"madelon": 5, "isolet": 5, "pcmac": 5, "mnist": 3, "fashion-mnist": 3}
_PLACE_OF_ALL = 1100  # on the axis of rows


class Setting(NamedTuple):
    """What is trained, but for the seed."""

    data: str
    method: str
    similarity_samples: int | None = 512
    similarity_candidates: int | None = None
    updates_per_subset: int = 1
    """How many updates in a row measure on the same rows."""
    protocol: str = "default"

    def experiment(self, seed: int) -> Experiment:
        """Spell it out."""
        facts = facts_of(DataSource(self.data))
        keywords = self._asdict() | {"scaling": facts.paper_scale, "max_iter": 200, "epsilon": 1}
        del keywords["data"], keywords["protocol"]
        return Experiment.of(facts, {**PROTOCOLS[self.protocol], **keywords}, seed)


def settings() -> Iterator[tuple[Setting, int]]:
    """Give all settings with their numbers of seeds."""
    for data, n_seeds in _N_SEEDS.items():
        yield Setting(data, "set"), n_seeds
        for rows in _ROWS:
            for method in _METHODS:
                yield Setting(data, method, rows), n_seeds
        for candidates in (16, 64, 256):
            for method in _METHODS:
                yield Setting(data, method, 128, candidates), 3
    for method in _METHODS:
        for rows in (512, 128):
            for n_updates in (1, 10, 1000):
                yield Setting("isolet", method, rows, None, n_updates, "paper"), 5
        yield Setting("isolet", method, None, protocol="paper"), 5


def show(cells: list[Cell]) -> None:
    """Print the tables of what is done, and draw the picture."""
    by_cell = {cell.runs[0].experiment.cell: cell for cell in cells}
    done = {
        setting: cell
        for setting, _ in settings()
        if (cell := by_cell.get(setting.experiment(0).cell)) is not None
    }

    def table(last: str, columns: Sequence[int | None], **others: Any) -> str:
        rows = [
            [data, f"`{method}`", *map(_written, _found(done, data, method, last, columns, others))]
            for data in _N_SEEDS
            for method in _METHODS
        ]
        return markdown(["data", "method", *(n or "all" for n in columns)], rows)

    kept = [
        [setting.similarity_samples or "all", setting.updates_per_subset, f"`{setting.method}`",
         mean_and_spread(cell), f"{cell.average(_random_share):.0%}"]
        for setting, cell in done.items()
        if setting.protocol == "paper"
    ]  # fmt: skip
    print(table("similarity_samples", _ROWS))
    print(table("similarity_candidates", (16, 64, 256, None), similarity_samples=128))
    print(markdown(["rows", "drawn every … updates", "method", "accuracy", "random growth"], kept))
    if done:
        _PICTURE.write_bytes(as_png(_drawn(done)))


def _random_share(result: Any) -> float:
    return result.outcome.random_share or 0.0


def _written(cell: Cell | None) -> str | None:
    return None if cell is None else mean_and_spread(cell)


def _found(
    done: Mapping[Setting, Cell], data: str, method: str, axis: str,
    values: Sequence[int | None], others: Mapping[str, Any],
) -> list[Cell | None]:  # fmt: skip
    return [done.get(Setting(data, method, **{axis: value, **others})) for value in values]


def _drawn(done: Mapping[Setting, Cell]) -> Any:
    """Draw accuracy over rows for each data set, and the cost of an update."""
    figure = new_figure(11, 6.2, "Accuracy of CTRE when similarity is measured on fewer rows")
    *panels, cost = figure.subplots(2, 3).ravel()
    for data, axes in zip(_N_SEEDS, panels, strict=True):
        prepare_axes(axes, f"{data}: test accuracy (%)")
        for method in _METHODS:
            cells = _found(done, data, method, "similarity_samples", _ROWS, {})
            points = [
                (rows or _PLACE_OF_ALL, cell.mean, (cell.std or 0.0) / np.sqrt(cell.n))
                for rows, cell in zip(_ROWS, cells, strict=True)
                if cell is not None
            ]
            if points:
                places, means, errors = zip(*points, strict=True)
                axes.errorbar(
                    places, means, errors, color=_COLORS[method], marker="o", ms=4, label=method
                )
        random = done.get(Setting(data, "set"))
        if random:
            axes.axhline(random.mean, color=_COLORS["set"], ls=":", lw=1.4, label="set")
        _label_rows(axes)
    prepare_axes(cost, "Milliseconds an update, Madelon's shape")
    _draw_cost(cost, json.loads(_COSTS.read_text()))
    _label_rows(cost)
    soften(panels[0].legend(loc="lower right"))
    return figure


def _draw_cost(axes: Any, record: Mapping[str, Any]) -> None:
    (shape,) = (name for name in record if "make_madelon" in name and "default" in name)
    seconds = record[shape]["seconds"]
    for method in _METHODS:
        found = [
            (_PLACE_OF_ALL if rows == "all" else int(rows), 1e3 * cost["update"]["median"])
            for name, cost in seconds.items()
            if name.startswith(f"{method}, ")
            for rows in [name.split()[1]]
        ]
        places, values = zip(*sorted(found), strict=True)
        axes.plot(places, values, color=_COLORS[method], marker="o", ms=4, label=method)
    axes.axhline(1e3 * seconds["set"]["update"]["median"], color=_COLORS["set"], ls=":", lw=1.4)
    axes.set_ylim(bottom=0)


def _label_rows(axes: Any) -> None:
    axes.set_xscale("log")
    ticks = {rows or _PLACE_OF_ALL: str(rows or "all") for rows in _ROWS}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.set_xlabel("rows", color=INK, fontsize=9)


if __name__ == "__main__":
    experiments = [one.experiment(seed) for one, n_seeds in settings() for seed in range(n_seeds)]
    main("similarity_subsets", __doc__ or "", experiments, show)
