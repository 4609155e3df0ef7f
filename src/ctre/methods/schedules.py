"""How a quantity falls over a run: the learning rate and the drop fraction follow these."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from ctre.errors import UnknownNameError
from ctre.vocabulary import ScheduleName

Schedule: TypeAlias = Callable[[float], float]
"""Factor on the start value, given the share of epochs already done, in [0, 1)."""


def constant(progress: float) -> float:  # noqa: ARG001
    """Stay at the start value."""
    return 1.0


def cosine(progress: float) -> float:
    """Follow half a cosine from the start value to 0."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def linear(progress: float) -> float:
    """Fall to 0 along a straight line."""
    return 1.0 - progress


def step(progress: float) -> float:
    """Fall to a tenth at half of the run, and to a hundredth at three quarters."""
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


SCHEDULES: Mapping[ScheduleName, Schedule] = MappingProxyType(
    {"constant": constant, "cosine": cosine, "linear": linear, "step": step}
)


def get_schedule(name: ScheduleName) -> Schedule:
    """Look a schedule up by name.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    try:
        return SCHEDULES[name]
    except (KeyError, TypeError):
        raise UnknownNameError("schedule", name, SCHEDULES) from None
