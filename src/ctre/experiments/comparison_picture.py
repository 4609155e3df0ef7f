"""The learning curves of a comparison: accuracy beside loss, one line for each method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ctre._typing import DoubleArray
from ctre.experiments.summary import Curves
from ctre.figure_style import QUIET, new_figure, prepare_axes, soften

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = (
    "#2563eb", "#ea580c", "#16a34a", "#9333ea", "#dc2626",
    "#0d9488", "#ca8a04", "#db2777", "#64748b", "#0ea5e9",
)  # fmt: skip
_DASHES = ("-", "--")  # once the colours are used up


def draw_comparison(curves: Sequence[Curves], *, title: str = "") -> Figure:
    """Draw test accuracy and test loss of every method, mean and standard deviation over seeds.

    Parameters
    ----------
    curves : sequence of Curves
        One for each method, at most 20 of them.
    title : str, default=""
        Stands above the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig(path)``. Methods are listed by their highest accuracy.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure = new_figure(11, 4.6, title)
    accuracy, loss = figure.subplots(1, 2)
    prepare_axes(accuracy, "Test accuracy (%)")
    prepare_axes(loss, "Test loss")
    looks = [(color, dash) for dash in _DASHES for color in _COLORS]
    for own, look in zip(curves, looks, strict=False):
        _draw_curve(accuracy, 100 * own.test_accuracy, own.method, *look)
        _draw_curve(loss, own.test_loss, own.method, *look)
    for axes in (accuracy, loss):
        _prepare_epochs(axes)
    handles, labels = accuracy.get_legend_handles_labels()
    heights = [-own.test_accuracy.mean(axis=0).max() for own in curves]
    order = np.argsort(heights, kind="stable")
    legend = figure.legend(
        [handles[number] for number in order],
        [labels[number] for number in order],
        loc="outside right center",
        title="by highest accuracy" if len(curves) > 1 else None,
        title_fontsize=9,
    )
    soften(legend)
    legend.get_title().set_color(QUIET)
    return figure


def _draw_curve(axes: Axes, values: DoubleArray, label: str, color: str, dash: str) -> None:
    epochs = np.arange(1, values.shape[1] + 1)
    mean, std = values.mean(axis=0), values.std(axis=0, ddof=min(1, len(values) - 1))
    marker = "o" if len(epochs) == 1 else None  # a line through one point is invisible
    axes.plot(epochs, mean, color=color, ls=dash, lw=1.6, marker=marker, label=label)
    axes.fill_between(epochs, mean - std, mean + std, color=color, alpha=0.15, lw=0)


def _prepare_epochs(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch", color=QUIET)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.01)
