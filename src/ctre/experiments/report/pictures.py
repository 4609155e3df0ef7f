"""The pictures of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ctre.errors import MissingExtraError
from ctre.experiments.cells import Cell, in_order
from ctre.experiments.prune_curves import prune_curves_of
from ctre.experiments.prune_picture import draw_pruning
from ctre.experiments.statistics import Across
from ctre.figure_style import QUIET, new_figure, prepare_axes, soften

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = {
    "ctre-seq": "#2563eb", "ctre-sim": "#ea580c", "set": "#16a34a", "rigl": "#9333ea",
    "snip": "#dc2626", "dense": "#64748b", "ctre-cosine": "#0d9488", "ctre-sim-lth": "#ca8a04",
    "ctre-corr": "#db2777", "static": "#0ea5e9",
}  # fmt: skip
_FURTHER = ("#65a30d", "#7c3aed", "#be123c", "#0369a1", "#a16207", "#4d7c0f", "#a21caf")
_N_POINTS = 125  # of a curve, which are as many as can be seen
_WIDTH = 9.0  # inches


def curves(cells: Sequence[Cell], column: str, scale: float) -> Figure:
    """Draw a column of the epochs: a panel for each size and density, a line for each method."""
    sparse = [cell for cell in cells if cell.budget != "dense"]
    sparse.sort(key=lambda cell: (cell.settings.get("density") or 0.0, cell.epsilon or 0.0))
    budgets = list(dict.fromkeys(cell.budget for cell in sparse)) or ["dense"]
    by_size = sorted(cells, key=lambda cell: cell.settings["hidden_layer_sizes"])
    shapes = list(dict.fromkeys(cell.shape for cell in by_size))
    places = [(shape, budget) for shape in shapes for budget in budgets]
    n_columns = min(3, len(places))
    n_rows = -(-len(places) // n_columns)
    figure = new_figure(_WIDTH, 0.6 + 2.5 * n_rows, "")
    grid = list(figure.subplots(n_rows, n_columns, squeeze=False).flat)
    colors = colors_of(cell.method for cell in cells)
    for axes, (shape, budget) in zip(grid, places, strict=False):
        prepare_axes(axes, f"{shape.split('-')[0]} neurons, {budget}")
        for cell in cells:
            if cell.shape == shape and cell.budget in (budget, "dense"):
                _draw_curve(axes, cell, column, scale, colors[cell.method])
        axes.set_xlabel("epoch", color=QUIET, fontsize=9)
    for axes in grid[len(places) :]:
        axes.remove()
    _add_legend(figure, grid[: len(places)])
    return figure


def _draw_curve(axes: Axes, cell: Cell, column: str, scale: float, color: str) -> None:
    values = cell.curve(column)
    if values is None:
        return
    n_epochs = values.shape[1]
    seen = np.unique(np.linspace(0, n_epochs - 1, min(_N_POINTS, n_epochs)).astype(int))
    heights = scale * values[:, seen]
    mean, std = heights.mean(axis=0), heights.std(axis=0, ddof=min(1, len(heights) - 1))
    marker = "o" if n_epochs == 1 else None  # a line through one point is invisible
    axes.plot(seen + 1, mean, color=color, lw=1.3, marker=marker, label=cell.method)
    axes.fill_between(seen + 1, mean - std, mean + std, color=color, alpha=0.15, lw=0)


def densities(cells: Sequence[Cell]) -> Figure:
    """Draw accuracy over density, a line for each method."""
    figure = new_figure(_WIDTH * 0.7, 3.6, "")
    axes = figure.subplots()
    prepare_axes(axes, "Test accuracy (%)")
    colors = colors_of(cell.method for cell in cells)
    for method, own in in_order(cells, lambda cell: cell.method).items():
        points = sorted(
            (100 * cell.average(lambda result: result.outcome.density), cell.mean, cell.std or 0.0)
            for cell in own
        )
        places, means, stds = zip(*points, strict=True)
        axes.errorbar(
            places, means, stds, color=colors[method], marker="o", ms=4, lw=1.4, label=method
        )
    _use_log_scale(axes, "density (%)")
    _add_legend(figure, [axes])
    return figure


def fronts(cells: Sequence[Cell]) -> Figure:
    """Draw accuracy over connections and over seconds, with the front of the best."""
    figure = new_figure(_WIDTH, 3.6, "")
    panels = figure.subplots(1, 2)
    colors = colors_of(cell.method for cell in cells)
    axis = (
        ("connections", lambda result: float(result.outcome.n_connections)),
        ("seconds", lambda result: result.seconds.train + result.seconds.evolve),
    )
    for axes, (name, number) in zip(panels, axis, strict=True):
        prepare_axes(axes, "Test accuracy (%)")
        for method, own in in_order(cells, lambda cell: cell.method).items():
            axes.plot(
                [cell.average(number) for cell in own],
                [cell.mean for cell in own],
                "o", ms=5, alpha=0.75, mew=0, color=colors[method], label=method,
            )  # fmt: skip
        front = pareto([(cell.average(number), cell.mean) for cell in cells])
        axes.step(*zip(*front, strict=True), where="post", color=QUIET, lw=1.0, zorder=1)
        _use_log_scale(axes, name)
    _add_legend(figure, panels)
    return figure


def _use_log_scale(axes: Axes, name: str) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="both", length=0)
    axes.set_xlabel(name, color=QUIET, fontsize=9)


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Keep the (cost, worth) that no other has at least as much worth for less."""
    front: list[tuple[float, float]] = []
    for cost, worth in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or worth > front[-1][1]:
            front.append((cost, worth))
    return front


def pruning(cells: Sequence[Cell]) -> Figure:
    """Draw accuracy over the share of connections that left; see `draw_pruning`."""
    return draw_pruning(prune_curves_of(cells))


def critical_difference(found: Across) -> Figure:
    """Draw mean ranks on a line; bars join methods that are not told apart."""
    require_posthocs()
    import pandas
    import scikit_posthocs

    figure = new_figure(_WIDTH * 0.8, 0.9 + 0.28 * len(found.methods), "")
    axes = figure.subplots()
    table = pandas.DataFrame(1.0, index=found.methods, columns=found.methods)
    for (one, two), p_value in found.pairs.items():
        table.loc[one, two] = table.loc[two, one] = p_value
    ranks = dict(zip(found.methods, found.mean_ranks, strict=True))
    scikit_posthocs.critical_difference_diagram(
        ranks, table, ax=axes, color_palette=colors_of(found.methods), label_props={"fontsize": 9}
    )
    axes.tick_params(labelsize=9, colors=QUIET)
    return figure


def require_posthocs() -> None:
    """See that scikit-posthocs is installed.

    Raises
    ------
    MissingExtraError
        If it is not.
    """
    try:
        import scikit_posthocs  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "scikit-posthocs", "studies", "drawing critical-difference diagrams"
        ) from error


def colors_of(names: Iterable[str]) -> dict[str, str]:
    """Give every method its colour; those of the paper always have the same."""
    methods = list(dict.fromkeys(names))
    further = [method for method in methods if method not in _COLORS]
    return {
        method: _COLORS.get(method)
        or _FURTHER[(further.index(method) if method in further else 0) % len(_FURTHER)]
        for method in methods
    }


def _add_legend(figure: Figure, panels: Sequence[Axes]) -> None:
    labels: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            labels.setdefault(label, handle)
    if labels:
        legend = figure.legend(
            list(labels.values()), list(labels), loc="outside lower left", ncols=6
        )
        soften(legend)
