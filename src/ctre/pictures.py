"""One picture of one run: how it learned, and which inputs it kept connected.

::

    +----------+------------------------+     +------------+----------------------+
    | accuracy |                        |     | predicted  |                      |
    +----------+ connections per input  |     | against    | connections per      |
    | loss     |                        |     | true       | input                |
    +----------+------------------------+     +------------+                      |
                                              | loss       |                      |
                  classes                     +------------+----------------------+
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctre.errors import InvalidParameterError
from ctre.figure_style import FAINT, INK, QUIET, new_figure, prepare_axes, short_name, soften
from ctre.training import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TRAINING, _VALIDATION = "#94a3b8", "#2563eb"
_INPUT, _INFORMATIVE, _OTHER = "#2563eb", "#ea580c", "#94a3b8"

_MOST_BARS = 40  # beyond, names no longer fit beside the axis
_MOST_POINTS = 1000  # beyond, columns lie on top of each other


def draw_run(
    history: History,
    degrees: NDArray[np.int32],
    *,
    title: str = "",
    feature_names: Sequence[str] | None = None,
    informative: NDArray[np.int64] | None = None,
    image_shape: tuple[int, ...] | None = None,
    regression: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> Figure:
    """Draw the learning curves of a run beside the connections of its inputs.

    Parameters
    ----------
    history : History
        At least one epoch.
    degrees : int array of shape (n_features,)
        Connections leaving each input neuron, as in ``topology.out_degrees``.
    title : str, default=""
        Stands above the picture.
    feature_names : sequence of n_features str, optional
        Written beside bars, one an input, where there are at most 40; of up to 1000 inputs without
        ``informative``, the 40 most connected ones get a bar.
    informative : int array, optional
        Inputs known to carry the answer; they get a colour of their own.
    image_shape : (height, width) or (height, width, channels), optional
        Given if the inputs are pixels: then they are drawn as an image, summed over channels.
    regression : (true, predicted), two arrays of shape (n_rows,), optional
        Given if numbers were predicted: then rows set apart are drawn, in place of the accuracy.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig(path)``.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InvalidParameterError
        If an image of ``image_shape`` does not have n_features values.
    """
    if regression is None:
        figure = new_figure(11, 5.2, title)
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.35))
        accuracy = figure.add_subplot(grid[0, 0])
        _draw_accuracy(accuracy, history)
        _draw_loss(figure.add_subplot(grid[1, 0], sharex=accuracy), history)
    else:
        figure = new_figure(11, 6.4, title)
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.35), height_ratios=(2.2, 1))
        _draw_predictions(figure.add_subplot(grid[0, 0]), *regression)
        _draw_loss(figure.add_subplot(grid[1, 0]), history)

    inputs = figure.add_subplot(grid[:, 1])
    is_informative = np.zeros(len(degrees), dtype=bool)
    if informative is not None:
        is_informative[informative] = True
    if image_shape is not None:
        _draw_image(inputs, degrees, image_shape)
    elif len(degrees) <= (_MOST_POINTS if feature_names and informative is None else _MOST_BARS):
        _draw_bars(inputs, degrees, is_informative, feature_names)
    elif len(degrees) <= _MOST_POINTS:
        _draw_points(inputs, degrees, is_informative)
    else:
        _draw_sorted(inputs, degrees, is_informative)
    return figure


def _draw_accuracy(axes: Axes, history: History) -> None:
    """Draw the score of training and validation rows in percent, the best epoch marked."""
    prepare_axes(axes, "Accuracy (%)")
    axes.tick_params(labelbottom=False)
    _draw_curve(axes, history, "train_accuracy", _TRAINING, "training", percent=True)
    _draw_curve(axes, history, "validation_score", _VALIDATION, "validation", percent=True)
    best = history.best
    if best.validation_score is not None:
        score = 100 * best.validation_score
        axes.plot(best.epoch, score, "o", color="white", markeredgecolor=_VALIDATION, ms=7, mew=2)
        label = f"best: {score:.1f} % at epoch {best.epoch}"
        axes.plot([], [], "o", color="white", markeredgecolor=_VALIDATION, ms=6, mew=2, label=label)
    soften(axes.legend(loc="lower right", handlelength=1.2))


def _draw_predictions(axes: Axes, true: NDArray[Any], predicted: NDArray[Any]) -> None:
    """Draw one point a row of the test rows, beside the line on which predictions are right."""
    from matplotlib.ticker import MaxNLocator

    prepare_axes(axes, "Predicted against true")
    axes.grid(axis="x", color=FAINT, lw=0.8)
    low = min(true.min(), predicted.min())
    high = max(true.max(), predicted.max())
    margin = 0.04 * (high - low or 1)
    edges = (low - margin, high + margin)
    axes.plot(edges, edges, color=QUIET, lw=1, ls=":", zorder=1)
    opacity = float(np.clip(80 / len(true), 0.08, 0.7))
    axes.scatter(true, predicted, s=14, lw=0, color=_VALIDATION, alpha=opacity, zorder=2)
    axes.set(xlim=edges, ylim=edges, aspect="equal", anchor="W")
    axes.set_xlabel("true", color=QUIET)
    axes.set_ylabel("predicted", color=QUIET)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(_short_number)


def _short_number(value: float, _: float) -> str:
    """Write a number of an axis in few characters: 250k, 1.5M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _draw_loss(axes: Axes, history: History) -> None:
    from matplotlib.ticker import MaxNLocator

    prepare_axes(axes, "Loss")
    axes.set_xlabel("epoch", color=QUIET)
    _draw_curve(axes, history, "train_loss", _TRAINING, "training")
    _draw_curve(axes, history, "validation_loss", _VALIDATION, "validation")
    if history.best.validation_score is not None:
        axes.axvline(history.best.epoch, color=_VALIDATION, lw=1, ls=":", zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.1)
    axes.set_ylim(bottom=0)


def _draw_curve(
    axes: Axes, history: History, column: str, color: str, label: str, *, percent: bool = False
) -> None:
    values = history.column(column)
    if values[0] is None:  # not measured in this run
        return
    heights = np.asarray(values, dtype=float) * (100 if percent else 1)
    marker = "o" if len(heights) == 1 else None  # a line through one point is invisible
    axes.plot(history.column("epoch"), heights, color=color, lw=1.6, marker=marker, label=label)


def _draw_bars(
    axes: Axes,
    degrees: NDArray[np.int32],
    is_informative: NDArray[np.bool_],
    feature_names: Sequence[str] | None,
) -> None:
    """Draw one bar an input with its name, the most connected on top, as many as fit."""
    names = feature_names or [str(column) for column in range(len(degrees))]
    order = np.argsort(-degrees, kind="stable")[:_MOST_BARS]
    left_out = f", the first {len(order)} of {len(degrees)}" if len(order) < len(degrees) else ""
    prepare_axes(axes, f"Connections per input{left_out}", grid="x")
    axes.barh(range(len(order)), degrees[order], color=_colors(is_informative[order]), height=0.7)
    axes.set_yticks(range(len(order)), [short_name(names[column]) for column in order])
    axes.tick_params(axis="y", labelsize=8 if len(order) > 20 else 9, labelcolor=INK)
    axes.set_ylim(len(order) - 0.4, -0.6)
    _explain_colors(axes, is_informative)


def _draw_points(axes: Axes, degrees: NDArray[np.int32], is_informative: NDArray[np.bool_]) -> None:
    """Draw one point an input, in column order, on a stem."""
    columns = np.argsort(is_informative, kind="stable")  # the informative ones on top
    colors = _colors(is_informative[columns])
    prepare_axes(axes, "Connections per input")
    axes.set_xlabel("input", color=QUIET)
    axes.vlines(columns, 0, degrees[columns], colors=colors, lw=0.8, alpha=0.35)
    axes.scatter(columns, degrees[columns], c=colors, s=12, lw=0, zorder=2)
    axes.set_xlim(-0.01 * len(degrees), 1.01 * len(degrees))
    axes.set_ylim(bottom=0)
    _explain_colors(axes, is_informative)


def _draw_sorted(axes: Axes, degrees: NDArray[np.int32], is_informative: NDArray[np.bool_]) -> None:
    """Draw the connections of all inputs, the most connected first."""
    order = np.argsort(-degrees, kind="stable")
    ranks = np.arange(1, len(order) + 1)
    prepare_axes(axes, "Connections per input")
    axes.set_xlabel("inputs, the most connected first", color=QUIET)
    axes.fill_between(ranks, degrees[order], step="mid", color=_INPUT, alpha=0.15, lw=0)
    axes.step(ranks, degrees[order], where="mid", color=_INPUT, lw=1.6)
    chosen = is_informative[order]
    axes.plot(ranks[chosen], degrees[order][chosen], "o", color=_INFORMATIVE, ms=4, mew=0)
    half = int(np.searchsorted(np.cumsum(degrees[order]), degrees.sum() / 2)) + 1
    axes.axvline(half, color=QUIET, lw=1, ls=":")
    axes.annotate(
        f"{half:,} of {len(order):,} inputs\nhold half the connections",
        (half, 0.97),
        (8, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=9,
        color=QUIET,
    )
    axes.set_xlim(1, len(order))
    axes.set_ylim(bottom=0)
    _explain_colors(axes, is_informative)


def _draw_image(axes: Axes, degrees: NDArray[np.int32], shape: tuple[int, ...]) -> None:
    """Draw each pixel in the colour of its connections."""
    if np.prod(shape) != len(degrees):
        raise InvalidParameterError(
            f"image_shape must have {len(degrees)} values, as there are inputs, got {shape}."
        )
    pixels = degrees.reshape(*shape[:2], -1).sum(axis=2)
    axes.set_title("Connections per pixel", loc="left", fontsize=10, color=INK)
    picture = axes.imshow(pixels, cmap="Blues", vmin=0, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(FAINT)
    bar = axes.figure.colorbar(picture, ax=axes, shrink=0.9, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=QUIET, labelsize=9, length=0)


def _colors(is_informative: NDArray[np.bool_]) -> list[str]:
    other = _OTHER if is_informative.any() else _INPUT
    return [_INFORMATIVE if informative else other for informative in is_informative]


def _explain_colors(axes: Axes, is_informative: NDArray[np.bool_]) -> None:
    """Add a legend above the axes, where no data can be, if there are two colours."""
    if is_informative.any():
        n_informative = int(is_informative.sum())
        labels = (f"{n_informative} informative", f"{len(is_informative) - n_informative} others")
        for color, label in zip((_INFORMATIVE, _OTHER), labels, strict=True):
            axes.plot([], [], "o", color=color, ms=5, mew=0, label=label)
        legend = axes.legend(
            loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1, handletextpad=0.1
        )
        soften(legend)
