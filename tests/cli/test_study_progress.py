from __future__ import annotations

import io
from types import SimpleNamespace

from rich.console import Console

from ctre.cli.studies import StudyProgress
from ctre.training import FitPlan


def state_of(n_epochs_done):
    plan = FitPlan("set", 4, 100, 10, (5, 9, 2), (12, 8), 1)
    return SimpleNamespace(plan=plan, n_epochs_done=n_epochs_done)


START = state_of(0)


def drawn_after(*calls, n_jobs=3, n_done=1):
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    with StudyProgress(screen, n_jobs, n_done) as progress:
        for name, *args in calls:
            getattr(progress, name)(*args)
        with screen.capture() as captured:
            screen.print(progress._progress)
    return captured.get()


def test_it_counts_on_from_what_was_done_before():
    drawn = drawn_after(("begin_job", "set, seed 1"), ("on_fit_begin", START))
    assert "run 2/3" in drawn
    assert "set, seed 1" in drawn
    assert "epoch 1/4" in drawn


def test_it_moves_inside_an_epoch_and_on_to_the_next_job():
    assert "epoch 3/4" in drawn_after(("on_fit_begin", START), ("on_tick", state_of(2), 50))
    drawn = drawn_after(
        ("begin_job", "a"), ("on_fit_begin", START), ("on_tick", state_of(3), 100), ("end_job",),
        ("begin_job", "b"), ("on_fit_begin", START),
    )  # fmt: skip
    assert "run 3/3" in drawn
    assert "epoch 1/4" in drawn


def test_nothing_is_drawn_where_there_is_no_terminal():
    screen = Console(file=io.StringIO(), force_terminal=False)
    with StudyProgress(screen, 1, 0) as progress:
        progress.begin_job("set")
        progress.on_fit_begin(START)
        progress.end_job()
    assert screen.file.getvalue() == ""
