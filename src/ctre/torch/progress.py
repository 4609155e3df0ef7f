"""How far the training of a model has come, as its optimizer and its validation scores tell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch

from ctre.errors import InvalidParameterError
from ctre.methods import GradualPruning, Method, Stage
from ctre.methods.schedules import Schedule, constant


class Progress:
    """Counts the steps of an optimizer, and how long its model has not become better.

    Parameters
    ----------
    optimizer : Optimizer
        Whose steps count, but for those that are skipped.
    n_steps : int or None
        Steps that the training will take, if somebody told.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, n_steps: int | None) -> None:
        self.n_steps = n_steps
        self.n_done = 0
        """Steps that `new_stages` has given."""
        self._n_made = 0  # by the optimizer
        self._best_score, self._stall, self._longest_stall = -math.inf, 0, 0
        optimizer.register_step_post_hook(self._count)

    def _count(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        # A fused optimizer skips by itself, where a gradient scaler found an infinity.
        found = getattr(optimizer, "found_inf", None)
        self._n_made += 0 if found is not None and bool(found) else 1

    def new_stages(self) -> Iterator[Stage]:
        """Give a stage for each step that was made since the last time, in turn."""
        while self.n_done < self._n_made:
            self.n_done += 1
            yield self.stage(self.n_done)

    def stage(self, step: int) -> Stage:
        """Give the stage of a step, past or still to come."""
        if self.n_steps is None:
            return _EndlessStage(step, math.inf, self._longest_stall)
        return Stage(step, self.n_steps, self._longest_stall)

    def record_score(self, score: float) -> None:
        """Take in a validation score, the higher the better."""
        self._stall = 0 if score > self._best_score else self._stall + 1
        self._best_score = max(self._best_score, score)
        self._longest_stall = max(self._longest_stall, self._stall)

    def state_dict(self) -> dict[str, Any]:
        """Give all that it remembers."""
        return {
            "n_steps_done": self.n_done,
            "best_score": self._best_score,
            "stall": self._stall,
            "longest_stall": self._longest_stall,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.n_done = self._n_made = state["n_steps_done"]
        self._best_score, self._stall = state["best_score"], state["stall"]
        self._longest_stall = state["longest_stall"]


class _EndlessStage(Stage):
    """A stage of a run whose length nobody told."""

    @property
    def progress(self) -> float:
        """Refuse to tell."""
        raise _needs_n_steps("this method")

    @property
    def begun(self) -> float:
        """Give what a constant schedule does not look at."""
        return 0.0


def require_no_end(method: Method | None, update_until: float, schedule: Schedule) -> None:
    """Refuse what is a share of a training whose length is not known.

    Raises
    ------
    InvalidParameterError
        That asks for ``n_steps``.
    """
    if update_until < 1:
        raise _needs_n_steps(f"update_until={update_until}, a share of them")
    if schedule is not constant:
        raise _needs_n_steps("a drop_fraction_schedule other than 'constant'")
    if changes_sizes(method):
        raise _needs_n_steps("gradual pruning")


def changes_sizes(method: Method | None) -> bool:
    """Tell whether a method changes how many connections there are."""
    return method is not None and isinstance(method.pace, GradualPruning)


def _needs_n_steps(what: str) -> InvalidParameterError:
    return InvalidParameterError(
        f"n_steps must be given for {what}, got None. Say how many steps the optimizer will take: "
        "n_steps=n_epochs * len(loader)."
    )
