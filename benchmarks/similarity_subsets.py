"""Which rows does similarity need? Accuracy of CTRE on ever fewer of the training rows.

Trains ctre-sim and ctre-seq (three hidden layers of 1000 neurons, epsilon 1) on five data sets and
keeps each run as a line of ``results/similarity_subsets.jsonl``; an interrupted study goes on where
it was. ``--table`` prints what is done in Markdown, ``--picture`` draws it beside what an update
costs (``results/update_cost.json``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctre import ScoreCurve, SparseMLPClassifier
from ctre.datasets import Dataset, load
from ctre.estimators import PROTOCOLS
from ctre.figure_style import INK, QUIET, as_png, new_figure, prepare_axes, soften
from ctre.training import Callback, FitState, TrainingEvidence

_STORE = Path(__file__).parent / "results" / "similarity_subsets.jsonl"
_COSTS = _STORE.parent / "update_cost.json"
_PICTURE = Path(__file__).parents[1] / "docs" / "images" / "similarity-subsets.png"
_METHODS = ("ctre-seq", "ctre-sim")
_COLORS = {"ctre-seq": "#2563eb", "ctre-sim": "#ea580c", "set": QUIET}


class Setting(NamedTuple):
    """What is trained, but for the seed."""

    data: str
    method: str
    similarity_samples: int | None = 512
    similarity_candidates: int | None = None
    updates_per_subset: int = 1
    """How many updates in a row measure on the same rows."""
    protocol: str = "default"
    max_iter: int = 200


def _settings() -> Iterator[tuple[Setting, int]]:
    """Give all settings with their numbers of seeds."""
    for data, n_seeds in _N_SEEDS.items():
        yield Setting(data, "set"), n_seeds
        for rows in (32, 64, 128, 256, 512, None):
            for method in _METHODS:
                yield Setting(data, method, rows), n_seeds
        for candidates in (16, 64, 256):
            for method in _METHODS:
                yield Setting(data, method, 128, candidates), 3
    for rows in (512, 128):
        for n_updates in (1, 10, 1000):
            for method in _METHODS:
                yield Setting("isolet", method, rows, None, n_updates, "paper"), 5
    for method in _METHODS:
        yield Setting("isolet", method, None, protocol="paper"), 5


_N_SEEDS = {"madelon": 5, "isolet": 5, "pcmac": 5, "mnist": 3, "fashion-mnist": 3}


class _KeptRows(TrainingEvidence):
    """Evidence on rows that serve for some updates, in place of fresh ones for each."""

    n_updates: int
    _n_asked = 0

    def sample(self, size: float | None) -> NDArray[np.int32]:
        if self._n_asked % self.n_updates == 0:
            self._kept = super().sample(size)
        self._n_asked += 1
        return self._kept


class _KeepRows(Callback):
    def __init__(self, n_updates: int) -> None:
        self._n_updates = n_updates

    def on_fit_begin(self, state: FitState) -> None:
        usual = state.observe
        assert isinstance(usual, TrainingEvidence)
        kept = _KeptRows(usual.network, usual.data, usual.batch_size, usual.rng, usual.n_threads)
        kept.n_updates = self._n_updates
        state.observe = kept


def finished() -> dict[tuple[Setting, int], dict[str, Any]]:
    """Read the runs that are done, by setting and seed."""
    lines = _STORE.read_text().splitlines() if _STORE.exists() else []
    runs = map(json.loads, lines)
    return {(Setting(*(run[name] for name in Setting._fields)), run["seed"]): run for run in runs}


def train() -> None:
    """Train what is not done yet."""
    data: dict[tuple[str, str], Dataset] = {}
    for setting, n_seeds in _settings():
        for seed in range(n_seeds):
            if (setting, seed) in finished():
                continue
            place = setting.data, setting.protocol
            if place not in data:
                data = {place: load(setting.data)}
            record = setting._asdict() | {"seed": seed} | _outcome(setting, seed, data[place])
            with _STORE.open("a") as store:
                store.write(json.dumps(record) + "\n")
            print(f"{record['test_accuracy']:.4f}  {setting}, seed {seed}", file=sys.stderr)


def _outcome(setting: Setting, seed: int, data: Dataset) -> dict[str, float]:
    own = ("method", "similarity_samples", "similarity_candidates", "max_iter")
    curve = ScoreCurve(data.X_test, data.y_test)
    chosen = {name: getattr(setting, name) for name in own} | {"scaling": data.paper_scale}
    model = SparseMLPClassifier(
        **{**PROTOCOLS[setting.protocol], **chosen},
        epsilon=1,
        n_threads=1,
        random_state=seed,
        callbacks=[_KeepRows(setting.updates_per_subset), curve],
    )
    model.fit(data.X_train, data.y_train)
    history = model.history_
    n_dropped = sum(sum(epoch.n_died) + sum(epoch.n_regrown) for epoch in history)
    n_random = sum(sum(epoch.n_random) for epoch in history)
    return {
        "test_accuracy": curve.scores[history.best.epoch - 1],
        "random_share": n_random / n_dropped,
    }


class Outcome(NamedTuple):
    """The runs of one setting: test accuracy in percent, and the share of random growth."""

    accuracies: list[float]
    random_share: float

    @property
    def mean(self) -> float:
        return mean(self.accuracies)

    @property
    def std(self) -> float:
        return stdev(self.accuracies) if len(self.accuracies) > 1 else 0.0

    def __str__(self) -> str:
        return f"{self.mean:.1f} ± {self.std:.1f}"


def outcomes() -> dict[Setting, Outcome]:
    """Collect what is done, by setting."""
    runs: dict[Setting, list[dict[str, Any]]] = {}
    for (setting, _), run in finished().items():
        runs.setdefault(setting, []).append(run)
    return {
        setting: Outcome(
            [100 * run["test_accuracy"] for run in some], mean(run["random_share"] for run in some)
        )
        for setting, some in runs.items()
    }


def tables() -> str:
    """Write three tables in Markdown: subsets of rows, of candidates, and how long they serve."""
    done = outcomes()
    rows = (32, 64, 128, 256, 512, None)
    by_rows = [
        [data, f"`{method}`", *(done.get(Setting(data, method, n)) for n in rows)]
        for data in _N_SEEDS
        for method in _METHODS
    ]
    candidates = (16, 64, 256, None)
    by_candidates = [
        [data, f"`{method}`", *(done.get(Setting(data, method, 128, n)) for n in candidates)]
        for data in _N_SEEDS
        for method in _METHODS
    ]
    kept = [
        [setting.similarity_samples or "all", _how_long(setting), f"`{setting.method}`", outcome,
         f"{outcome.random_share:.0%}"]
        for setting, outcome in done.items()
        if setting.protocol == "paper"
    ]  # fmt: skip
    return "\n".join(
        [
            _markdown(["data", "method", *(_number(n) for n in rows)], by_rows),
            _markdown(["data", "method", *(_number(n) for n in candidates)], by_candidates),
            _markdown(["rows", "drawn", "method", "accuracy", "random growth"], kept),
        ]
    )


def _number(n: int | None) -> str:
    return "all" if n is None else str(n)


def _how_long(setting: Setting) -> str:
    if setting.similarity_samples is None:
        return "–"
    n = setting.updates_per_subset
    return {1: "for each update", 1000: "once"}.get(n, f"every {n} updates")


def _markdown(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    def line(cells: Iterable[object]) -> str:
        return f"| {' | '.join('–' if cell is None else str(cell) for cell in cells)} |\n"

    head = list(head)
    return line(head) + "|---" * len(head) + "|\n" + "".join(map(line, rows))


def draw() -> None:
    """Draw accuracy over rows for each data set, and the cost of an update."""
    done = outcomes()
    figure = new_figure(11, 6.2, "Accuracy of CTRE when similarity is measured on fewer rows")
    *panels, cost = figure.subplots(2, 3).ravel()
    for data, axes in zip(_N_SEEDS, panels, strict=True):
        prepare_axes(axes, f"{data}: test accuracy (%)")
        for method in _METHODS:
            _draw_accuracy(axes, done, data, method)
        random = done.get(Setting(data, "set"))
        if random:
            axes.axhline(random.mean, color=_COLORS["set"], ls=":", lw=1.4, label="set")
        _label_rows(axes)
    prepare_axes(cost, "Milliseconds an update, Madelon's shape")
    _draw_cost(cost, json.loads(_COSTS.read_text()))
    _label_rows(cost)
    soften(panels[0].legend(loc="lower right"))
    _PICTURE.write_bytes(as_png(figure))


_PLACE_OF_ALL = 1100  # on the axis of rows


def _draw_accuracy(axes: Any, done: Mapping[Setting, Outcome], data: str, method: str) -> None:
    found = [
        (rows or _PLACE_OF_ALL, done[setting])
        for rows in (32, 64, 128, 256, 512, None)
        if (setting := Setting(data, method, rows)) in done
    ]
    places, values = zip(*found, strict=True)
    errors = [value.std / np.sqrt(len(value.accuracies)) for value in values]
    means = [value.mean for value in values]
    axes.errorbar(places, means, errors, color=_COLORS[method], marker="o", ms=4, label=method)


def _draw_cost(axes: Any, record: Mapping[str, Any]) -> None:
    (shape,) = (name for name in record if "make_madelon" in name and "default" in name)
    seconds = record[shape]["seconds"]
    for method in ("ctre-seq", "ctre-sim"):
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
    ticks = {32: "32", 64: "64", 128: "128", 256: "256", 512: "512", _PLACE_OF_ALL: "all"}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.set_xlabel("rows", color=INK, fontsize=9)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", action="store_true", help="print tables, train nothing")
    parser.add_argument("--picture", action="store_true", help="draw, train nothing")
    arguments = parser.parse_args()
    if arguments.table:
        print(tables(), end="")
    elif arguments.picture:
        draw()
    else:
        train()
