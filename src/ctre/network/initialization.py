"""What a connection weighs at first: at the start of training, and when it is born later."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np

from ctre._typing import FloatArray
from ctre.errors import UnknownNameError
from ctre.vocabulary import WeightInitName

Draw: TypeAlias = Callable[[np.random.Generator, int, int, int], FloatArray]
"""(generator, n_pre, n_post, count) -> float32 (count,) weights."""


class WeightInit(NamedTuple):
    """How weights begin."""

    initial: Draw
    """Weights of the first topology."""
    newborn: Draw
    """Weights of connections grown later."""


def _glorot(rng: np.random.Generator, n_pre: int, n_post: int, count: int) -> FloatArray:
    return _uniform(rng, math.sqrt(6 / (n_pre + n_post)), count)


def _fan_in(rng: np.random.Generator, n_pre: int, n_post: int, count: int) -> FloatArray:  # noqa: ARG001
    return _uniform(rng, math.sqrt(6 / n_pre), count)


def _uniform(rng: np.random.Generator, limit: float, count: int) -> FloatArray:
    return rng.uniform(-limit, limit, count).astype(np.float32)


def _normal(rng: np.random.Generator, n_pre: int, n_post: int, count: int) -> FloatArray:  # noqa: ARG001
    return rng.normal(0.0, 0.1, count).astype(np.float32)


WEIGHT_INITS: Mapping[WeightInitName, WeightInit] = MappingProxyType(
    {
        "uniform": WeightInit(initial=_glorot, newborn=_fan_in),  # the paper's main tables
        "normal": WeightInit(initial=_normal, newborn=_normal),  # the paper's appendix C
    }
)
"""U(±sqrt(6 / (n_pre + n_post))), newborn U(±sqrt(6 / n_pre)); or N(0, 0.1²) for both."""


def get_weight_init(name: WeightInitName) -> WeightInit:
    """Look a weight initialization up by name.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    try:
        return WEIGHT_INITS[name]
    except (KeyError, TypeError):
        raise UnknownNameError("weight_init", name, WEIGHT_INITS) from None
