"""What all pictures have in common: their colours, and what is left out of them.

Figures are made without pyplot: nothing global is touched and no window can open.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from ctre.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

INK, QUIET, FAINT = "#1f2937", "#6b7280", "#e5e7eb"
"""Colours of what is read, of what is there to be looked up, and of what only guides the eye."""


def new_figure(width: float, height: float, title: str) -> Figure:
    """Make an empty figure of so many inches; an empty title takes no room.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots", "drawing pictures") from error

    figure = Figure(figsize=(width, height), dpi=160, facecolor="white")
    figure.set_layout_engine("constrained", w_pad=0.16, h_pad=0.12, hspace=0, wspace=0)
    if title:
        figure.suptitle(plain(title), x=0.016, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure


def plain(text: str) -> str:
    """Have a text drawn as it is: matplotlib reads formulas between dollars, or fails on them."""
    return "".join(c if c.isprintable() else " " for c in text).replace("$", r"\$")


def short_name(name: str, most: int = 28) -> str:
    """Cut a long name in the middle, and have it drawn as it is: either end may be what tells."""
    half = most // 2
    return plain(name if len(name) <= most else f"{name[:half]}…{name[half + 1 - most :]}")


def prepare_axes(axes: Axes, title: str, *, grid: Literal["x", "y"] = "y") -> None:
    """Leave only what carries information: a title, light grid lines, no box."""
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    axes.grid(axis=grid, color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=QUIET, labelsize=9, length=0)


def soften(legend: Legend) -> None:
    """Take the box from around a legend."""
    legend.set_frame_on(False)
    for text in legend.get_texts():
        text.set(color=INK, fontsize=9)


def as_png(figure: Figure) -> bytes:
    """Give the picture as a file's content."""
    return as_image(figure, "png")


def as_image(figure: Figure, kind: str) -> bytes:
    """Give the picture as the content of a file of a kind, such as "svg"."""
    data = io.BytesIO()
    figure.savefig(data, format=kind)
    return data.getvalue()
