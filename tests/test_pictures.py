from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ctre.errors import InvalidParameterError, MissingExtraError
from ctre.pictures import draw_run
from ctre.training import EpochRecord, History

ORANGE, BLUE, GREY = "#ea580c", "#2563eb", "#94a3b8"


def history(*scores):
    none = (0, 0)
    return History(
        [
            EpochRecord(
                epoch=epoch, learning_rate=0.1, drop_fraction=0.2, train_loss=1 / epoch,
                train_accuracy=0.5, validation_loss=score, validation_score=score,
                stall=0, n_connections=(12, 8), n_died=none, n_born=none,
                n_regrown=none, n_random=none, seconds_train=0.0, seconds_evolve=0.0,
                seconds_validate=0.0,
            )
            for epoch, score in enumerate(scores, start=1)
        ]
    )  # fmt: skip


CURVES = history(0.5, 0.9, 0.7)


def degrees(*counts):
    return np.array(counts, dtype=np.int32)


def texts(axes):
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def save(figure):
    """A picture that cannot be drawn fails here, not before."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=40)
    assert data.getvalue().startswith(b"\x89PNG")


def test_the_learning_curves():
    figure = draw_run(CURVES, degrees(3, 1), title="iris, set")
    accuracy, loss, _ = figure.axes
    assert figure.get_suptitle() == "iris, set"
    lines = {line.get_label(): line for line in accuracy.lines}
    assert lines["validation"].get_ydata().tolist() == [50, 90, 70]
    assert lines["validation"].get_xdata().tolist() == [1, 2, 3]
    assert lines["training"].get_ydata().tolist() == [50, 50, 50]
    assert texts(accuracy) == ["training", "validation", "best: 90.0 % at epoch 2"]
    assert {line.get_label() for line in loss.lines} >= {"training", "validation"}
    assert loss.get_ylim()[0] == 0
    save(figure)


def test_the_best_epoch_is_marked_where_it_is():
    figure = draw_run(CURVES, degrees(3, 1))
    accuracy, loss, _ = figure.axes
    marks = [line for line in accuracy.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks] == [(2, 90)]
    assert any(list(line.get_xdata()) == [2, 2] for line in loss.lines)


@pytest.mark.parametrize("curves", [history(0.5), history(None, None), history(None)])
def test_one_epoch_or_no_validation(curves):
    figure = draw_run(curves, degrees(3, 1))
    assert ("validation" in texts(figure.axes[0])) == (curves[0].validation_score is not None)
    save(figure)


def test_few_inputs_are_bars_with_names():
    names = ["petal", "a name that is far too long to stand beside an axis", "sepal"]
    figure = draw_run(CURVES, degrees(2, 9, 4), feature_names=names, informative=np.array([2]))
    inputs = figure.axes[2]
    assert [bar.get_width() for bar in inputs.patches] == [9, 4, 2]
    assert [to_hex(bar.get_facecolor()) for bar in inputs.patches] == [GREY, ORANGE, GREY]
    labels = [label.get_text() for label in inputs.get_yticklabels()]
    assert labels == ["a name that is…eside an axis", "sepal", "petal"]
    assert texts(inputs) == ["1 informative", "2 others"]
    save(figure)


def test_without_names_bars_are_numbered():
    inputs = draw_run(CURVES, degrees(2, 9)).axes[2]
    assert [label.get_text() for label in inputs.get_yticklabels()] == ["1", "0"]
    assert {to_hex(bar.get_facecolor()) for bar in inputs.patches} == {BLUE}
    assert texts(inputs) == []


def test_more_inputs_are_points_in_their_order():
    """Planted mistake: colours go by rank, not with their points."""
    counts = np.arange(100, dtype=np.int32)[::-1].copy()
    figure = draw_run(CURVES, counts, informative=np.array([3, 50]))
    inputs = figure.axes[2]
    stems, points = inputs.collections
    placed = {tuple(place): to_hex(color) for place, color in zip(
        points.get_offsets().astype(int).tolist(), points.get_facecolors(), strict=True
    )}  # fmt: skip
    assert placed == {
        (column, 99 - column): ORANGE if column in (3, 50) else GREY for column in range(100)
    }
    assert len(stems.get_segments()) == 100
    save(figure)


def test_many_inputs_are_sorted():
    counts = np.concatenate([np.full(10, 90), np.full(1490, 1)]).astype(np.int32)
    figure = draw_run(CURVES, counts, informative=np.array([0, 1499]))
    inputs = figure.axes[2]
    curve, informative = inputs.lines[0], inputs.lines[1]
    assert (np.diff(curve.get_ydata()) <= 0).all()
    assert informative.get_ydata().tolist() == [90, 1]
    # 900 of 2390 connections leave ten inputs; 295 more make a half.
    assert [text.get_text() for text in inputs.texts] == [
        "305 of 1,500 inputs\nhold half the connections"
    ]
    save(figure)


def test_pixels_are_an_image():
    counts = np.arange(48, dtype=np.int32)
    figure = draw_run(CURVES, counts, image_shape=(4, 6, 2))
    (image,) = figure.axes[2].images
    assert image.get_array().shape == (4, 6)
    assert image.get_array()[0, 1] == 2 + 3
    save(figure)
    with pytest.raises(InvalidParameterError, match=r"48 values, .* got \(4, 5\)"):
        draw_run(CURVES, counts, image_shape=(4, 5))


@pytest.mark.parametrize("n", [1, 40, 41, 1000, 1001])
def test_inputs_without_connections(n):
    save(draw_run(CURVES, np.zeros(n, dtype=np.int32)))


def test_pyplot_is_left_alone():
    code = (
        "import sys, numpy as np; sys.path.insert(0, '.');"
        "from test_pictures import CURVES, draw_run, save;"
        "save(draw_run(CURVES, np.ones(3, dtype=np.int32)));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r'pip install "ctre\[plots\]"'):
        draw_run(CURVES, degrees(1))
