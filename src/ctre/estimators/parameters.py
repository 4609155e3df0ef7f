"""What each parameter of an estimator may be: constraints as data, one sentence for all errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

import numpy as np

from ctre.errors import InvalidParameterError
from ctre.kernels import Activation
from ctre.methods.schedules import SCHEDULES
from ctre.network import WEIGHT_INITS
from ctre.training import Callback


class Rule(NamedTuple):
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]

    def or_none(self) -> Rule:
        """Allow None as well."""
        return Rule(f"{self.words}, or None", lambda value: value is None or self.holds(value))


def _is_int(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_real(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _one_of(*names: str) -> Rule:
    return Rule(
        f"one of {', '.join(map(repr, names))}",
        lambda value: isinstance(value, str) and value in names,
    )


_count = Rule("an integer of at least 1", lambda value: _is_int(value) and value >= 1)
_above_zero = Rule("a number above 0", lambda value: _is_real(value) and value > 0)
_at_least_zero = Rule("a number of at least 0", lambda value: _is_real(value) and value >= 0)
_fraction = Rule("a number in [0, 1]", lambda value: _is_real(value) and 0 <= value <= 1)
_below_one = Rule("a number in [0, 1)", lambda value: _is_real(value) and 0 <= value < 1)
_density = Rule("a number in (0, 1]", lambda value: _is_real(value) and 0 < value <= 1)
_boolean = Rule("True or False", lambda value: isinstance(value, bool))
_sizes = Rule(
    "an integer of at least 1 or a sequence of such integers",
    lambda value: _count.holds(value)
    or (isinstance(value, tuple | list) and all(_count.holds(size) for size in value)),
)
_rows = Rule(
    "an integer of at least 1 (rows), a number in (0, 1) (share of the rows)",
    lambda value: _count.holds(value) or (not _is_int(value) and _is_real(value) and 0 < value < 1),
)
_splitter = Rule(  # a string has `split` as well
    "a scikit-learn splitter",
    lambda value: hasattr(value, "split") and hasattr(value, "get_n_splits"),
)
_seed = Rule(
    "an integer of at least 0 or a RandomState instance",
    lambda value: isinstance(value, np.random.RandomState) or (_is_int(value) and value >= 0),
)
_callbacks = Rule(
    "a list or tuple of ctre.training.Callback",
    lambda value: isinstance(value, tuple | list)
    and all(isinstance(callback, Callback) for callback in value),
)
_verbose = Rule(
    "True, False or an integer of at least 0",
    lambda value: isinstance(value, bool) or (_is_int(value) and value >= 0),
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "hidden_layer_sizes": _sizes,
        "epsilon": _above_zero.or_none(),
        "density": _density.or_none(),
        "activation": _one_of(*get_args(Activation)),
        "solver": _one_of("sgd", "adam"),
        "alpha": _at_least_zero,
        "batch_size": _count,
        "learning_rate": _one_of(*SCHEDULES),
        "learning_rate_init": _above_zero,
        "momentum": _below_one,
        "nesterovs_momentum": _boolean,
        "beta_1": _below_one,
        "beta_2": _below_one,
        "max_iter": _count,
        "drop_fraction": _fraction,
        "drop_fraction_schedule": _one_of(*SCHEDULES),
        "update_interval": _count,
        "update_until": _fraction,
        "patience": _count,
        "similarity_samples": _rows.or_none(),
        "similarity_candidates": _count.or_none(),
        "weight_init": _one_of(*WEIGHT_INITS),
        "validation_fraction": _below_one,
        "validation_split": _splitter.or_none(),
        "random_state": _seed.or_none(),
        "n_threads": _count.or_none(),
        "callbacks": _callbacks,
        "verbose": _verbose,
    }
)


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Check every parameter that has a rule.

    Raises
    ------
    InvalidParameterError
        Naming the first parameter that breaks its rule, what it must be and what it is.
    """
    for name, rule in RULES.items():
        if name in parameters and not rule.holds(parameters[name]):
            raise InvalidParameterError(f"{name} must be {rule.words}, got {parameters[name]!r}.")
    epsilon, density = parameters["epsilon"], parameters["density"]
    if (epsilon is None) == (density is None):
        raise InvalidParameterError(
            "Give either epsilon or density, and set the other to None "
            f"(got epsilon={epsilon}, density={density})."
        )
