from __future__ import annotations

import numpy as np
import pytest
from fits import BUDGETS, SIZES, X, fit

from ctre.kernels import kernels, loop
from ctre.training import Callback, FitPlan, StopTraining


class Diary(Callback):
    """Writes down who was told what, and stops the fit where asked to."""

    def __init__(self, pages, name, stop_after=None):
        self.pages, self.name, self.stop_after = pages, name, stop_after

    def on_fit_begin(self, state):
        self.pages.append((self.name, "begin", state.plan))

    def on_epoch_end(self, state):
        self.pages.append((self.name, "epoch", state.history[-1].epoch))
        if state.n_epochs_done == self.stop_after:
            raise StopTraining

    def on_fit_end(self, state):
        self.pages.append((self.name, "end", len(state.history)))


def test_callbacks_are_told_in_order():
    pages = []
    fit(max_iter=2, callbacks=[Diary(pages, "a"), Diary(pages, "b")])
    assert [(name, event) for name, event, _ in pages] == [
        ("a", "begin"),
        ("b", "begin"),
        ("a", "epoch"),
        ("b", "epoch"),
        ("a", "epoch"),
        ("b", "epoch"),
        ("a", "end"),
        ("b", "end"),
    ]
    assert [what for _, event, what in pages if event == "epoch"] == [1, 1, 2, 2]
    assert pages[-1] == ("b", "end", 2)


def test_the_plan_says_what_is_about_to_happen():
    pages = []
    fit("ctre-sim", max_iter=2, n_threads=3, callbacks=[Diary(pages, "a")])
    assert pages[0][2] == FitPlan(
        method="ctre-sim",
        n_epochs=2,
        n_samples=100,
        n_validation=30,
        layer_sizes=SIZES,
        n_connections=BUDGETS,
        n_threads=3,
    )


def test_one_callback_stops_the_fit_and_all_hear_of_it():
    """Planted: the callbacks after the one that stops are left out."""
    pages = []
    model = fit(callbacks=[Diary(pages, "a", stop_after=2), Diary(pages, "b")])
    assert model.n_iter_ == 2
    assert [page[:2] for page in pages[-4:]] == [
        ("a", "epoch"),
        ("b", "epoch"),
        ("a", "end"),
        ("b", "end"),
    ]


class Interrupt(Callback):
    """Ends the fit from within an epoch."""

    def __init__(self):
        self.ticks = []

    def on_tick(self, state, n_samples_done):
        self.ticks.append((state.n_epochs_done + 1, n_samples_done))
        if state.n_epochs_done == 1:
            raise KeyboardInterrupt


@pytest.fixture
def tick_after_every_batch(monkeypatch):
    monkeypatch.setenv("CTRE_KERNELS", "numpy")
    monkeypatch.setattr(loop, "_TICK_SECONDS", 0.0)
    kernels.cache_clear()
    yield
    kernels.cache_clear()


@pytest.mark.usefixtures("tick_after_every_batch")
def test_ticks_count_the_samples_and_what_they_raise_ends_the_fit():
    callback = Interrupt()
    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[callback])
    assert callback.ticks == [(1, 30), (1, 60), (1, 90), (1, 100), (2, 30)]


@pytest.mark.usefixtures("tick_after_every_batch")
def test_who_does_not_watch_changes_nothing():
    assert fit(callbacks=[Callback()], max_iter=1).n_iter_ == 1


def test_callbacks_see_the_network_that_was_trained():
    """Planted: the network as it was before the epoch."""

    class Watch(Callback):
        def __init__(self):
            self.losses = []

        def on_epoch_end(self, state):
            found = state.data.validation.evaluate(state.network, state.task, n_threads=1)
            self.losses.append(found.loss)

    watch = Watch()
    model = fit("static", callbacks=[watch])
    assert watch.losses == model.history_.column("validation_loss")


def test_callbacks_see_the_network_that_was_updated():
    """Planted: the network as it was before the update."""

    class Watch(Callback):
        def __init__(self):
            self.scores, self.sizes = [], []

        def on_topology_update(self, state, changes):
            self.scores.append(state.network.scores(X[:5]))
            assert [change.new for change in changes] == [
                layer.topology for layer in state.network.layers
            ]

        def on_epoch_end(self, state):
            self.sizes.append(state.network.n_connections)

    watch = Watch()
    fit("set", max_iter=3, callbacks=[watch])
    assert watch.sizes == [BUDGETS] * 3
    assert len(watch.scores) == 2
    assert not np.array_equal(*watch.scores)
