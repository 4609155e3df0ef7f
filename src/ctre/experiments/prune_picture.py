"""The picture of the prune study, as figure 4 of the paper: what is left of the accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from ctre.experiments.prune_curves import PruneCurve
from ctre.experiments.pruning import ANY_ORDER, ORDERS
from ctre.figure_style import QUIET, new_figure, prepare_axes, soften

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS: Mapping[str, str] = MappingProxyType(
    {"magnitude": "#2563eb", "cosine": "#ea580c", "random": "#64748b"}
)
_DASHES = ("-", "--", ":", "-.")  # one for each method, then again
_ORDER_TITLES: Mapping[str, str] = MappingProxyType(
    {"least-first": "least important first", "most-first": "most important first"}
)
_WIDE = 3  # panels beside each other below which the legend needs several lines


def draw_pruning(curves: Sequence[PruneCurve], *, title: str = "") -> Figure:
    """Draw test accuracy by the share of connections that is removed.

    A panel for each number of epochs and each order, a line for each criterion and method: mean
    and standard deviation over the seeds.

    Parameters
    ----------
    curves : sequence of PruneCurve
        Of at least one network.
    title : str, default=""
        Stands above the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig(path)``.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    epochs = sorted({curve.epochs for curve in curves})
    methods = list(dict.fromkeys(curve.method for curve in curves))
    figure = new_figure(max(6.0, 1.2 + 2.9 * len(epochs)), 6.2, title)
    panels = figure.subplots(2, len(epochs), sharex=True, sharey=True, squeeze=False)
    for axes_of_order, order in zip(panels, ORDERS, strict=True):
        for axes, n_epochs in zip(axes_of_order, epochs, strict=True):
            unit = "epoch" if n_epochs == 1 else "epochs"
            prepare_axes(axes, f"{n_epochs} {unit}, {_ORDER_TITLES[order]}")
            for curve in curves:
                if curve.epochs == n_epochs and curve.order in (order, ANY_ORDER):
                    dash = _DASHES[methods.index(curve.method) % len(_DASHES)]
                    _draw_curve(axes, curve, dash)
        axes_of_order[0].set_ylabel("test accuracy (%)", color=QUIET, fontsize=9)
    for axes in panels[-1]:
        axes.set_xlabel("connections removed (%)", color=QUIET, fontsize=9)
    panels[0, 0].set(xlim=(0, 100), ylim=(0, 101))
    handles, labels = panels[0, 0].get_legend_handles_labels()
    is_one_line = len(epochs) >= _WIDE or len(methods) == 1
    n_columns = len(labels) if is_one_line else len(methods)
    soften(figure.legend(handles, labels, loc="outside lower left", ncols=n_columns))
    return figure


def _draw_curve(axes: Axes, curve: PruneCurve, dash: str) -> None:
    removed, heights = 100 * curve.removed, 100 * curve.test_accuracy
    mean, std = heights.mean(axis=0), heights.std(axis=0, ddof=min(1, len(heights) - 1))
    color = _COLORS[curve.criterion]
    label = f"{curve.method}, {curve.criterion}"
    axes.plot(removed, mean, color=color, ls=dash, lw=1.6, label=label)
    axes.fill_between(removed, mean - std, mean + std, color=color, alpha=0.15, lw=0)
