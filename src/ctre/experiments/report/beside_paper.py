"""The paper's tables, its numbers beside ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ctre.datasets.catalogue import get_record
from ctre.estimators import PAPER_PROTOCOL
from ctre.experiments.cells import Cell, identity
from ctre.experiments.paper_numbers import Place, Reported, paper_numbers
from ctre.experiments.report.document import Section, Table, Value
from ctre.experiments.settings import settings_of
from ctre.experiments.speed import training_delay

OFF_FROM = 2.0
"""Standard deviations from which a difference is one."""

_ACCURACY_TABLES = (2, 4, 5, 7, 8, 9, 10)
_DELAY_TABLE = 6
_SIZES, _EPSILONS = (100, 500, 1000), (1.0, 5.0, 13.0)
_NONE = "–"
_TITLES = {
    2: "Accuracy of all methods",
    4: "Ways to use cosine similarity",
    5: "Cosine similarity and Hebb's rule",
    6: "Training delay",
    7: "Similarity on all, half and a quarter of the rows",
    8: "First weights drawn from a normal distribution",
    9: "Cosine similarity and distance",
    10: "Order of the two phases of ctre-seq",
}


class Both(NamedTuple):
    """A cell that the paper and we have."""

    place: Place
    reported: Reported
    cell: Cell

    @property
    def deviation(self) -> float:
        """Ours minus the paper's, in standard deviations of the two together."""
        difference = self.cell.mean - self.reported.mean
        spread = math.hypot(self.cell.std or 0.0, self.reported.std or 0.0)
        if spread == 0:
            return 0.0 if abs(difference) < 0.05 else math.copysign(math.inf, difference)
        return difference / spread

    @property
    def is_off(self) -> bool:
        """Whether chance does not explain the difference."""
        return abs(self.deviation) > OFF_FROM


def matched(cells: Iterable[Cell]) -> dict[Place, Both]:
    """Find the cells of the paper's tables that we have."""
    ours = {(cell.dataset, identity(cell.settings)): cell for cell in cells if not cell.prune_steps}
    found = {}
    for place, reported in paper_numbers().items():
        cell = ours.get((place.dataset, papers_identities()[place]))
        if cell is not None and reported is not None and place.table != _DELAY_TABLE:
            found[place] = Both(place, reported, cell)
    return found


def without_papers(cells: Iterable[Cell]) -> list[Cell]:
    """Keep the cells that are in no table of the paper."""
    papers = {(place.dataset, name) for place, name in papers_identities().items()}
    return [cell for cell in cells if (cell.dataset, identity(cell.settings)) not in papers]


@cache
def papers_identities() -> dict[Place, str]:
    """Give the identity of every cell of the paper's tables; many share one."""
    found: dict[tuple[Any, ...], str] = {}
    names = {}
    for place in paper_numbers():
        scaling = get_record(place.dataset).paper_scale
        what = scaling, place.size, place.epsilon, place.method, place.variant
        if what not in found:
            found[what] = _identity_of(place, scaling)
        names[place] = found[what]
    return names


def _identity_of(place: Place, scaling: str) -> str:
    keywords: dict[str, Any] = {
        **PAPER_PROTOCOL,
        "scaling": scaling,
        "hidden_layer_sizes": (place.size,) * 3,
        "epsilon": place.epsilon or 1.0,
        "method": place.method,
    }
    if place.variant:
        name, _, value = place.variant.partition("=")
        keywords[name] = float(value) if value[0].isdecimal() else value
    return identity(settings_of(keywords))


def sections_beside(cells: Sequence[Cell], notes: Sequence[Mapping[str, Any]]) -> Iterator[Section]:
    """Set up a section for each table of the paper of which we have a cell, and the differences."""
    both = matched(cells)
    for number in sorted({place.table for place in both} | {_DELAY_TABLE}):
        parts = (
            list(_delay_tables(cells))
            if number == _DELAY_TABLE
            else list(_accuracy_tables(number, both))
        )
        if parts:
            yield Section(f"Table {number}: {_TITLES[number]}", [_EXPLAINED[number], *parts])
    if both:
        yield _differences(list(both.values()), notes)


_BESIDE = (
    "Test accuracy in percent, mean ± standard deviation (seeds). Below it the paper's, and how "
    "far ours is from it in standard deviations of the two together; ≠ marks more than two. The "
    "best sparse one of a column is bold."
)
_EXPLAINED = dict.fromkeys(_ACCURACY_TABLES, _BESIDE) | {
    _DELAY_TABLE: "Share of the epochs, in percent, until the mean curve of a method reaches 90 % "
    "of the highest accuracy that any of the methods reached with networks of that size, at "
    f"epsilon 1. Below it the paper's. {_NONE}: never reached."
}


def _accuracy_tables(number: int, both: Mapping[Place, Both]) -> Iterator[Table]:
    reported = [place for place in paper_numbers() if place.table == number]
    for dataset in dict.fromkeys(place.dataset for place in reported):
        here = [place for place in reported if place.dataset == dataset]
        if not any(place in both for place in here):
            continue
        columns = [(size, epsilon) for size in _SIZES for epsilon in _EPSILONS]
        lines = list(dict.fromkeys((place.method, place.variant) for place in here))
        best = {column: _best(here, both, column) for column in columns}
        rows = [
            [
                Value(method + (f", {variant}" if variant and number != 8 else "")),
                *(
                    _value(_place(number, dataset, *column, method, variant), both, best[column])
                    for column in columns
                ),
            ]
            for method, variant in lines
        ]
        headers = ["method", *(f"{size}, ε {epsilon:g}" for size, epsilon in columns)]
        n_here = sum(place in both for place in here)
        note = f"{n_here} of {len(here)} cells are done."
        yield Table(f"Table {number}: {dataset}", headers, rows, note)


def _place(
    number: int, dataset: str, size: int, epsilon: float, method: str, variant: str
) -> Place:
    knob = None if method == "dense" else epsilon
    return Place(number, dataset, size, knob, method, variant)


def _best(
    places: Iterable[Place], both: Mapping[Place, Both], column: tuple[int, float]
) -> float | None:
    """Find the highest mean among the sparse methods of a column, if there is a choice."""
    means = [
        round(both[place].cell.mean, 1)
        for place in places
        if place in both and (place.size, place.epsilon) == column  # which no dense one has
    ]
    return max(means) if len(means) > 1 else None


def _value(place: Place, both: Mapping[Place, Both], best: float | None) -> Value:
    reported = paper_numbers().get(place)
    papers = "" if reported is None else f"{reported.mean:.1f} ± {reported.std:.1f}"
    found = both.get(place)
    if found is None:
        return Value(_NONE, papers, order=-math.inf)
    return Value(
        mean_and_spread(found.cell),
        f"{papers}  {_signed(found.deviation)} σ" + (" ≠" if found.is_off else ""),
        order=found.cell.mean,
        is_best=place.epsilon is not None and round(found.cell.mean, 1) == best,
        is_off=found.is_off,
    )


def mean_and_spread(cell: Cell) -> str:
    """Write mean, standard deviation and number of seeds."""
    spread = "" if cell.std is None else f" ± {cell.std:.1f}"
    return f"{cell.mean:.1f}{spread} ({cell.n})"


def _signed(number: float) -> str:
    return (
        f"{number:+.1f}".replace("-", "−")
        if math.isfinite(number)
        else f"{number:+}".replace("inf", "∞").replace("-", "−")
    )


def _delay_tables(cells: Sequence[Cell]) -> Iterator[Table]:
    ours = {(cell.dataset, identity(cell.settings)): cell for cell in cells if not cell.prune_steps}
    places = [place for place in paper_numbers() if place.table == _DELAY_TABLE]
    for dataset in dict.fromkeys(place.dataset for place in places):
        here = {
            place: ours.get((dataset, papers_identities()[place]))
            for place in places
            if place.dataset == dataset
        }
        curves = {
            place: curve.mean(axis=0)
            for place, cell in here.items()
            if cell is not None and (curve := cell.curve("test_accuracy")) is not None
        }
        if not curves:
            continue
        highest = {
            size: max(
                (float(curve.max()) for place, curve in curves.items() if place.size == size),
                default=math.nan,
            )
            for size in _SIZES
        }
        rows = [
            [
                Value(method),
                *(
                    _delay(place, curves, highest[place.size])
                    for place in here
                    if place.method == method
                ),
            ]
            for method in dict.fromkeys(place.method for place in here)
        ]
        yield Table(
            f"Table 6: {dataset}",
            ["method", *(f"{size}, ε 1" for size in _SIZES)],
            rows,
            f"{len(curves)} of {len(here)} cells are done.",
        )


def _delay(place: Place, curves: Mapping[Place, Any], highest: float) -> Value:
    reported = paper_numbers()[place]
    below = f"paper {_NONE if reported is None else f'{reported.mean:.1f}'}"
    if place not in curves:
        return Value("not done", below, order=math.inf)
    delay = training_delay(np.asarray(curves[place]), highest)
    if delay is None:
        return Value(_NONE, below, order=1000.0)
    return Value(f"{100 * delay:.1f}", below, order=100 * delay)


def _differences(both: Sequence[Both], notes: Sequence[Mapping[str, Any]]) -> Section:
    """List what is further from the paper than two standard deviations, and what is known of it."""
    distinct = {(one.place.dataset, id(one.cell), one.reported): one for one in both}
    off = sorted(
        (one for one in distinct.values() if one.is_off), key=lambda one: -abs(one.deviation)
    )
    rows = [
        [
            Value(f"{one.place.table}", order=one.place.table),
            Value(one.place.dataset),
            Value(one.place.method + (f", {one.place.variant}" if one.place.variant else "")),
            Value(f"{one.place.size}", order=one.place.size),
            Value(f"{one.place.epsilon or 0:g}" if one.place.epsilon else _NONE),
            Value(mean_and_spread(one.cell), order=one.cell.mean),
            Value(f"{one.reported.mean:.1f} ± {one.reported.std:.1f}", order=one.reported.mean),
            Value(f"{_signed(one.deviation)} σ", order=one.deviation),
            Value(_cause(one.place, notes)),
        ]
        for one in off
    ]
    headers = ["table", "data", "method", "neurons", "ε", "ours", "paper", "apart", "why"]
    n_above = sum(one.deviation > 0 for one in off)
    words = (
        f"{len(off)} of {len(distinct)} cells are more than two standard deviations from the "
        f"paper's: {n_above} above, {len(off) - n_above} below. With three seeds on a side, some "
        "are by chance alone."
    )
    table = [Table("Differences", headers, rows, n_labels=3)] if rows else []
    return Section("Where we and the paper differ", [words, *table])


def _cause(place: Place, notes: Sequence[Mapping[str, Any]]) -> str:
    """Find what is known of a difference: the first note whose every word fits the cell."""
    fields = place._asdict()
    for note in notes:
        wanted = {name: value for name, value in note.items() if name != "says"}
        if all(
            fields[name] in value if isinstance(value, list) else fields[name] == value
            for name, value in wanted.items()
        ):
            return str(note["says"])
    return "open"
