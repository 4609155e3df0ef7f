"""Pictures by what is in them: panels, lines, heights and names."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ctre.errors import MissingExtraError
from ctre.experiments import Curves, PruneCurve
from ctre.experiments.comparison_picture import draw_comparison
from ctre.experiments.prune_picture import draw_pruning
from ctre.figure_style import as_png

CURVES = [
    Curves("set", np.array([[0.2, 0.4], [0.4, 0.8]]), np.array([[2.0, 1.0], [2.0, 3.0]])),
    Curves("ctre-seq", np.array([[0.5, 0.9], [0.5, 0.9]]), np.ones((2, 2))),
]
REMOVED = np.array([0.0, 0.5, 1.0])


def prune_curves(methods=("dense", "set"), epochs=(10, 30), n_seeds=3):
    ways = [
        (criterion, order)
        for criterion in ("magnitude", "cosine")
        for order in ("least-first", "most-first")
    ] + [("random", "any")]
    return [
        PruneCurve(method, n_epochs, *way, REMOVED, np.tile([0.9, 0.5, 0.1], (n_seeds, 1)))
        for n_epochs in epochs
        for method in methods
        for way in ways
    ]


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def test_a_comparison_shows_means_and_spread():
    figure = draw_comparison(CURVES, title="toy")
    accuracy, loss = figure.axes
    first = accuracy.lines[0]
    assert first.get_xdata().tolist() == [1, 2]
    assert first.get_ydata() == pytest.approx([30, 60])
    band = accuracy.collections[0].get_paths()[0].vertices[:, 1]
    std = 100 * np.std([0.4, 0.8], ddof=1)
    assert band.max() == pytest.approx(60 + std)
    assert loss.lines[0].get_ydata() == pytest.approx([2, 2])
    assert len({line.get_color() for line in accuracy.lines}) == 2
    assert figure.get_suptitle() == "toy"
    assert as_png(figure).startswith(b"\x89PNG")


def test_methods_are_listed_by_their_highest_accuracy():
    (legend,) = draw_comparison(CURVES).legends
    assert texts(legend) == ["ctre-seq", "set"]


def test_one_seed_and_one_epoch_are_visible():
    curves = [Curves("set", np.array([[0.5]]), np.array([[1.0]]))]
    figure = draw_comparison(curves)
    assert figure.axes[0].lines[0].get_marker() == "o"
    assert as_png(figure).startswith(b"\x89PNG")


def test_twenty_methods_look_different():
    curves = [Curves(f"m{n}", np.ones((1, 2)), np.ones((1, 2))) for n in range(20)]
    looks = {
        (line.get_color(), line.get_linestyle()) for line in draw_comparison(curves).axes[0].lines
    }
    assert len(looks) == 20


def test_figure_4_has_a_panel_for_each_order_and_number_of_epochs():
    figure = draw_pruning(prune_curves(), title="toy")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "10 epochs, least important first",
        "30 epochs, least important first",
        "10 epochs, most important first",
        "30 epochs, most important first",
    ]
    for axes in figure.axes:
        assert len(axes.lines) == 6  # two networks by magnitude, by cosine and at random
        assert axes.lines[0].get_xdata().tolist() == [0, 50, 100]
        assert axes.lines[0].get_ydata() == pytest.approx([90, 50, 10])
    (legend,) = figure.legends
    assert texts(legend) == [
        f"{method}, {criterion}"
        for method in ("dense", "set")
        for criterion in ("magnitude", "cosine", "random")
    ]
    assert as_png(figure).startswith(b"\x89PNG")


def test_a_colour_is_a_criterion_and_a_dash_a_method():
    axes = draw_pruning(prune_curves()).axes[0]
    looks = {line.get_label(): (line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert looks["dense, cosine"][0] == looks["set, cosine"][0] != looks["set, random"][0]
    assert looks["set, random"][1] == looks["set, cosine"][1] != looks["dense, cosine"][1]


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for draw in (lambda: draw_comparison(CURVES), lambda: draw_pruning(prune_curves())):
        with pytest.raises(MissingExtraError, match=r"ctre\[plots\]"):
            draw()
