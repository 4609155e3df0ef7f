"""One picture of one model: which inputs it uses, and where its connections are.

::

    +-------------------+------------------------+
    |                   | connections per layer  |
    |  most important   +------------------------+
    |  inputs           | connections per neuron |
    +-------------------+------------------------+
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.figure_style import FAINT, INK, QUIET, new_figure, prepare_axes, short_name
from ctre.network import SparseNetwork

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _LIGHT = "#2563eb", "#bfdbfe"
_MOST_INPUTS = 30  # beyond, their names no longer fit beside the axis


def draw_model(
    network: SparseNetwork,
    importances: DoubleArray,
    *,
    title: str = "",
    feature_names: Sequence[str] | None = None,
) -> Figure:
    """Draw the inputs that a network uses beside the connections of its layers.

    Parameters
    ----------
    network : SparseNetwork
        Any.
    importances : float64 array of shape (n_features,)
        Share of every input, as in ``feature_importances_``; the 30 greatest are drawn.
    title : str, default=""
        Stands above the picture.
    feature_names : sequence of n_features str, optional
        Without them, inputs have numbers, from 0.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig(path)``.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure = new_figure(11, 5.6, title)
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.2))
    _draw_inputs(figure.add_subplot(grid[:, 0]), importances, feature_names)
    _draw_layers(figure.add_subplot(grid[0, 1]), network)
    _draw_neurons(figure.add_subplot(grid[1, 1]), network)
    return figure


def _draw_inputs(axes: Axes, importances: DoubleArray, names: Sequence[str] | None) -> None:
    """Draw a bar for each of the most important inputs, the most important on top."""
    order = np.argsort(-importances, kind="stable")[:_MOST_INPUTS]
    order = order[importances[order] > 0]
    n_used = int(np.count_nonzero(importances))
    numbered = "" if names else " (from 0)"
    shown = f", the first {len(order)} of {n_used:,}" if len(order) < n_used else ""
    prepare_axes(axes, f"Importance (%) of the inputs{numbered}{shown}", grid="x")
    axes.barh(range(len(order)), 100 * importances[order], color=_BLUE, height=0.7)
    labels = [str(column) if names is None else short_name(names[column]) for column in order]
    axes.set_yticks(range(len(order)), labels)
    axes.tick_params(axis="y", labelsize=8 if len(order) > 20 else 9, labelcolor=INK)
    axes.set_ylim(max(len(order), 8) - 0.4, -0.6)  # a few bars are not fat
    axes.set_xlim(left=0)


def _draw_layers(axes: Axes, network: SparseNetwork) -> None:
    """Draw the connections of every layer on top of those that there could be."""
    counts = network.n_connections
    places = [layer.topology.n_places for layer in network.layers]
    prepare_axes(axes, "Connections per layer, and as many as a dense one has", grid="x")
    lines = range(len(counts))
    axes.barh(lines, places, color=_LIGHT, height=0.62)
    axes.barh(lines, counts, color=_BLUE, height=0.62)
    axes.set_xscale("log")
    axes.set_xlim(1, max(places) * 40)  # room for the words
    for line, count, n_places in zip(lines, counts, places, strict=True):
        _write(axes, f"{count:,} ({100 * count / n_places:.3g} %)", n_places, line, INK)
    sizes = pairwise(network.layer_sizes)
    axes.set_yticks(lines, [f"{n_pre:,} → {n_post:,}" for n_pre, n_post in sizes])
    axes.tick_params(axis="y", labelcolor=INK)
    _write_short_numbers(axes)
    axes.set_ylim(max(len(counts), 3) - 0.4, -0.6)


def _draw_neurons(axes: Axes, network: SparseNetwork) -> None:
    """Draw how many connections the neurons of a layer have, from the fewest to the most."""
    degrees = neuron_degrees(network)
    names = ["inputs", *(f"hidden {number}" for number in range(1, len(degrees) - 1)), "outputs"]
    prepare_axes(axes, "Connections per neuron: all, the middle half, the median", grid="x")
    for line, of_layer in enumerate(degrees):
        low, first, median, third, high = np.percentile(of_layer, [0, 25, 50, 75, 100])
        axes.plot([low, high], [line, line], color=_LIGHT, lw=2, solid_capstyle="round")
        axes.plot([first, third], [line, line], color=_BLUE, lw=7, solid_capstyle="butt")
        axes.plot(median, line, "o", color="white", markeredgecolor=_BLUE, ms=7, mew=1.6)
        idle = int(np.count_nonzero(of_layer == 0))
        if idle:
            _write(axes, f"{idle:,} of {len(of_layer):,} without any", high, line, QUIET)
    axes.set_yticks(range(len(degrees)), names)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(-0.1, 12 * max(1, *(int(of_layer.max()) for of_layer in degrees)))
    axes.axvline(0, color=FAINT, lw=0.8, zorder=0)
    _write_short_numbers(axes)
    axes.set_ylim(len(degrees) - 0.4, -0.6)


def _write(axes: Axes, words: str, x: float, y: float, color: str) -> None:
    """Write beside a point, and let no grid line go through the words."""
    axes.annotate(
        words,
        (x, y),
        (8, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=color,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )


def _write_short_numbers(axes: Axes) -> None:
    """Write 10k in place of the power of ten that logarithmic axes have."""
    from matplotlib.ticker import EngFormatter

    axes.minorticks_off()
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def neuron_degrees(network: SparseNetwork) -> list[NDArray[np.int64]]:
    """Count the connections of every neuron, coming and going; one array for each layer."""
    degrees = [np.zeros(size, dtype=np.int64) for size in network.layer_sizes]
    for layer, pre, post in zip(network.layers, degrees[:-1], degrees[1:], strict=True):
        pre += layer.topology.out_degrees
        post += layer.topology.in_degrees
    return degrees
