"""From the runs of a store to a report: which sections there are, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ctre.experiments.cells import Cell, cells_of, in_order
from ctre.experiments.report import pictures
from ctre.experiments.report.beside_paper import (
    mean_and_spread,
    sections_beside,
    without_papers,
)
from ctre.experiments.report.comparisons import across_section, within_section
from ctre.experiments.report.document import Part, Picture, Report, Section, Table, Value
from ctre.experiments.store import Store

_CURVES = (
    "Mean over the seeds; the band is one standard deviation. The paper's figures 2 and 8 to 13 "
    "are curves of accuracy, 6 and 7 of the loss, 5 compares with Hebb's rule."
)
_COSTS = (
    "Each mark is an experiment, mean over its seeds; the line joins those that no other one beats "
    "in both. Seconds are of one thread, and of a machine that did other things as well."
)


def report_on(
    store: Store, *, title: str = "Results", notes: Sequence[Mapping[str, Any]] = ()
) -> Report:
    """Read a store and say all that can be said of it.

    Parameters
    ----------
    store : Store
        Whose done runs are reported.
    title : str, default="Results"
        Of the page.
    notes : sequence of mapping
        What is known of differences from the paper: ``says``, and any of ``table``, ``dataset``,
        ``method``, ``size``, ``epsilon``, ``variant`` (a value or a list) for the cells it is
        about.
    """
    cells = cells_of(store)
    trained = [cell for cell in cells if not cell.prune_steps]
    pruned = [cell for cell in cells if cell.prune_steps]
    sections = [
        _summary(store, cells),
        *sections_beside(trained, notes),
        *_others(without_papers(trained)),
        *within_section(trained),
        *across_section(trained),
        *_drawn("Learning curves", _CURVES, _curves(trained)),
        *_drawn("Accuracy by density", "As in figure 3 of the paper.", _densities(trained)),
        *_drawn("What accuracy costs", _COSTS, _fronts(trained)),
        *_drawn("Taking networks apart", "As in figure 4 of the paper.", _pruning(pruned)),
    ]
    return Report(title, sections)


def _summary(store: Store, cells: Sequence[Cell]) -> Section:
    runs = store.runs()
    done = [run for run in runs if run.result is not None]
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.status] = counts.get(run.status, 0) + 1
    hours = sum(run.result.seconds.total for run in done if run.result) / 3600
    listed = ", ".join(f"{n} {status}" for status, n in counts.items()) or "no runs"
    made = dict.fromkeys(
        (run.result.made.ctre, run.result.made.kernels, run.result.made.processor)
        for run in done
        if run.result
    )
    words = [
        f"Runs: {listed}; {len(cells)} experiments without counting seeds, {hours:.1f} hours of "
        "one processor.",
        *(
            f"Made with ctre {version}, {kernels} kernels, on {processor}."
            for version, kernels, processor in made
        ),
    ]
    failed = [run for run in runs if run.status == "failed"]
    rows = [
        [
            Value(run.experiment.source.name),
            Value(run.experiment.method),
            Value(str(run.experiment.seed), order=run.experiment.seed),
            Value((run.error or "").splitlines()[-1] if run.error else ""),
        ]
        for run in failed
    ]
    table = [Table("Failed runs", ["data", "method", "seed", "error"], rows)] if rows else []
    return Section("What was done", [*words, *table])


def _others(cells: Sequence[Cell]) -> Iterator[Section]:
    """Show what is in no table of the paper: a table for each data set, best accuracy first."""
    if not cells:
        return
    parts: list[Part] = []
    for dataset, own in in_order(cells, lambda cell: cell.dataset).items():
        best = max(round(cell.mean, 1) for cell in own) if len(own) > 1 else None
        rows = [
            [
                Value(cell.method),
                Value(cell.shape),
                Value(cell.budget, order=cell.epsilon),
                Value(_unusual(cell)),
                Value(
                    mean_and_spread(cell),
                    order=cell.mean,
                    is_best=best is not None and round(cell.mean, 1) == best,
                ),
                _number(cell.average(lambda result: result.outcome.n_connections), ",.0f"),
                _number(cell.average(lambda result: result.seconds.total), ".1f"),
            ]
            for cell in sorted(own, key=lambda cell: -cell.mean)
        ]
        headers = ["method", "neurons", "density", "settings", "accuracy (%)", "connections", "s"]
        parts.append(Table(dataset, headers, rows, n_labels=4))
    yield Section("Other experiments", ["Mean ± standard deviation (seeds).", *parts])


def _number(value: float, form: str) -> Value:
    return Value(f"{value:{form}}", order=value)


def _drawn(title: str, words: str, drawn: Iterable[Picture]) -> Iterator[Section]:
    """Make a section of pictures, if there are any."""
    found = list(drawn)
    if found:
        yield Section(title, [words, *found])


def _curves(cells: Sequence[Cell]) -> Iterator[Picture]:
    """Draw accuracy and loss over the epochs, for every data set and what is unusual."""
    groups = in_order(cells, lambda cell: (cell.dataset, _unusual(cell)))
    for (dataset, unusual), own in groups.items():
        if not any(cell.curve("test_accuracy") is not None for cell in own):
            continue
        title = dataset + (f", {unusual}" if unusual else "")
        name = f"{dataset}-{unusual}".strip("-").replace(" ", "-").replace(",", "")
        for what, column, scale in (
            ("accuracy (%)", "test_accuracy", 100.0),
            ("loss", "test_loss", 1.0),
        ):
            yield Picture(
                f"{what.partition(' ')[0]}-{name}",
                f"Test {what} while learning: {title}",
                partial(pictures.curves, own, column, scale),
            )


def _densities(cells: Sequence[Cell]) -> Iterator[Picture]:
    """Draw accuracy over density, where a method was trained at three or more."""
    groups = in_order(cells, lambda cell: (cell.dataset, cell.shape, _unusual(cell)))
    for (dataset, shape, _), own in groups.items():
        if any(len(some) >= 3 for some in in_order(own, lambda cell: cell.method).values()):
            yield Picture(
                f"density-{dataset}-{shape}",
                f"Accuracy (%) by density: {dataset}, {shape} neurons",
                partial(pictures.densities, own),
            )


def _fronts(cells: Sequence[Cell]) -> Iterator[Picture]:
    """Draw what accuracy costs, where there is something to choose from."""
    for dataset, own in in_order(cells, lambda cell: cell.dataset).items():
        if len(own) >= 3:
            yield Picture(
                f"front-{dataset}",
                f"{dataset}: accuracy (%) by connections, and by seconds of training",
                partial(pictures.fronts, own),
            )


def _pruning(cells: Sequence[Cell]) -> Iterator[Picture]:
    """Draw accuracy while connections leave."""
    for dataset, own in in_order(cells, lambda cell: cell.dataset).items():
        yield Picture(
            f"pruning-{dataset}",
            f"Test accuracy (%) while connections leave: {dataset}",
            partial(pictures.pruning, own),
        )


def _unusual(cell: Cell) -> str:
    return ", ".join(f"{name} {value}" for name, value in cell.unusual.items())
