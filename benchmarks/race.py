"""Trainers against each other: the same work, in turn, batch times side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from measure import Arguments, interleave, limited_threads, seconds
from trainers import Trainer
from workloads import Work

from ctre._typing import FloatArray, IndexArray

MakeOurs: TypeAlias = Callable[[Work, int], Trainer]
"""Gives our trainer for a number of threads."""

_SLICE_SECONDS = 0.2  # about what one contestant trains in one round
_VERIFY_BATCHES = 18


class Rival(NamedTuple):
    """A way to train."""

    make: Callable[[Work], Trainer]
    is_threaded: bool = True

    def threads(self, chosen: Arguments) -> tuple[int, ...]:
        """Numbers of threads to try it with."""
        return chosen.threads if self.is_threaded else (1,)


class _Contestant(NamedTuple):
    """A trainer with a number of threads, and how many batches fill its slice of a round."""

    trainer: Trainer
    n_threads: int
    n_batches: int

    def seconds_per_batch(self, work: Work, chosen: Arguments) -> float:
        """Train one slice, after a batch that brings its arrays back into cache."""
        rows = np.random.default_rng(2).permutation(len(work.samples)).astype(np.int32)
        rows = rows[: self.n_batches * work.batch_size]
        with limited_threads(self.n_threads):
            self.trainer.train(rows[: work.batch_size])
            return seconds(lambda: self.trainer.train(rows), chosen.clock) / self.n_batches


def race(
    work: Work, ours: MakeOurs, rivals: Mapping[str, Rival], chosen: Arguments
) -> dict[str, Any]:
    """Time ours and every rival; a ratio is a rival's median over ours with as many threads."""
    entries = {title("ours", n): _enter(ours(work, n), n, work, chosen) for n in chosen.threads}
    for name, rival in rivals.items():
        for n in rival.threads(chosen):
            entries[title(name, n)] = _enter(rival.make(work), n, work, chosen)
    spreads = interleave(
        {name: partial(entry.seconds_per_batch, work, chosen) for name, entry in entries.items()},
        chosen.rounds,
    )
    ratios = {
        title(name, n): spreads[title(name, n)].median / spreads[title("ours", n)].median
        for name, rival in rivals.items()
        for n in rival.threads(chosen)
    }
    return {"seconds_per_batch": spreads, "times_slower_than_ours": ratios}


def title(name: str, n_threads: int) -> str:
    """Name a contestant."""
    return f"{name}, {n_threads} thread{'s' if n_threads > 1 else ''}"


def _enter(trainer: Trainer, n_threads: int, work: Work, chosen: Arguments) -> _Contestant:
    trial = _Contestant(trainer, n_threads, 2)
    trial.seconds_per_batch(work, chosen)
    n_batches = int(_SLICE_SECONDS / trial.seconds_per_batch(work, chosen))
    return trial._replace(n_batches=min(max(n_batches, 2), len(work.samples) // work.batch_size))


def verify(work: Work, ours: MakeOurs, rivals: Mapping[str, Rival]) -> dict[str, Any]:
    """Make sure that everybody learns, and that everybody's first step is ours.

    The step is compared at the connections, so it holds for dense rivals as well: their other
    weights are still zero.
    """
    rows = np.random.default_rng(1).permutation(len(work.samples)).astype(np.int32)
    rows = rows[: _VERIFY_BATCHES * work.batch_size]
    our_steps, _ = _first_step_and_losses(ours(work, 1), work, rows)
    found = {}
    for name, rival in rivals.items():
        steps, losses = _first_step_and_losses(rival.make(work), work, rows)
        deviation = max(
            float(np.abs(step - our_step).max() / np.abs(our_step).max())
            for step, our_step in zip(steps, our_steps, strict=False)
        )
        found[name] = {"first_step_deviation": deviation, "losses": losses}
        if deviation > 1e-3 or not losses[1] < losses[0]:
            raise RuntimeError(f"{name} does not do the same work: {found[name]}")
    return found


def _first_step_and_losses(
    trainer: Trainer, work: Work, rows: IndexArray
) -> tuple[list[FloatArray], tuple[float, float]]:
    """Give each layer's first step, the loss of that batch, and the mean loss of the others."""
    with limited_threads(1):
        first_loss = trainer.train(rows[: work.batch_size])
        steps = [
            after - layer.weights
            for after, layer in zip(trainer.weights(), work.network.layers, strict=False)
        ]
        return steps, (first_loss, trainer.train(rows[work.batch_size :]))
