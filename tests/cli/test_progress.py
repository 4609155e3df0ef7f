from __future__ import annotations

import io
from types import SimpleNamespace

from rich.console import Console

from ctre.cli.progress import ProgressBar
from ctre.training import EpochRecord, FitPlan

PLAN = FitPlan(
    method="set",
    n_epochs=4,
    n_samples=100,
    n_validation=10,
    layer_sizes=(5, 9, 2),
    n_connections=(12, 23_456),
    n_threads=1,
)


def record(epoch, validation_score=0.875):
    none = (0, 0)
    return EpochRecord(
        epoch=epoch, learning_rate=0.1, drop_fraction=0.2, train_loss=0.25, train_accuracy=0.9,
        validation_loss=0.3, validation_score=validation_score,
        stall=0, n_connections=(12, 8_000), n_died=none, n_born=none, n_regrown=none,
        n_random=none, seconds_train=0.0, seconds_evolve=0.0, seconds_validate=0.0,
    )  # fmt: skip


def state_of(*records):
    return SimpleNamespace(plan=PLAN, history=records, n_epochs_done=len(records))


START = state_of()


def console(*, is_terminal):
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=100)


def bar_after(*calls):
    """The rendered bar after some calls."""
    screen = console(is_terminal=True)
    with ProgressBar(screen) as bar:
        bar.on_fit_begin(START)
        for name, *args in calls:
            getattr(bar, name)(*args)
        with screen.capture() as captured:
            screen.print(bar._progress)
    return captured.get()


def test_it_begins_with_what_is_known():
    drawn = bar_after()
    assert "epoch 1/4" in drawn
    assert "12+23k" in drawn
    assert "loss" not in drawn


def test_it_moves_within_an_epoch():
    with ProgressBar(console(is_terminal=True)) as bar:
        bar.on_fit_begin(START)
        bar.on_epoch_end(state_of(record(1)))
        bar.on_tick(state_of(record(1)), 50)
        assert bar._progress.tasks[0].percentage == 37.5


def test_it_tells_what_an_epoch_reached():
    drawn = bar_after(("on_epoch_end", state_of(record(1))), ("on_tick", state_of(record(1)), 50))
    for words in ("epoch 2/4", "loss 0.250", "val 87.5 %", "12+8000"):
        assert words in drawn


def test_without_validation_rows_there_is_no_accuracy():
    drawn = bar_after(("on_epoch_end", state_of(record(4, validation_score=None))))
    assert "epoch 4/4" in drawn
    assert "val" not in drawn


def test_it_is_silent_where_there_is_no_terminal():
    screen = console(is_terminal=False)
    with ProgressBar(screen) as bar:
        bar.on_fit_begin(START)
        bar.on_tick(START, 50)
        bar.on_epoch_end(state_of(record(1)))
    assert screen.file.getvalue() == ""
