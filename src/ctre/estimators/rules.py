"""What a parameter may be: rules as data, from which checks, messages and options derive."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol


class Rule(Protocol):
    """What a value must be."""

    @property
    def words(self) -> str:
        """What it must be, as the end of "it must be …"."""
        ...

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        ...


@dataclass(frozen=True)
class Integer:
    """A whole number, NumPy's too; True and False are none."""

    at_least: int

    @property
    def words(self) -> str:
        """What it must be."""
        return f"an integer of at least {self.at_least}"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        return _is_int(value) and value >= self.at_least


@dataclass(frozen=True)
class Number:
    """A finite number in an interval."""

    low: float
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def words(self) -> str:
        """What it must be."""
        if self.high == math.inf:
            return (
                f"a number above {self.low:g}"
                if self.low_open
                else f"a number of at least {self.low:g}"
            )
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"a number in {left}{self.low:g}, {self.high:g}{right}"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
            return False
        above = value > self.low if self.low_open else value >= self.low
        return bool(above and (value < self.high if self.high_open else value <= self.high))


@dataclass(frozen=True)
class OneOf:
    """One of some names."""

    names: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it must be."""
        return f"one of {', '.join(map(repr, self.names))}"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        return isinstance(value, str) and value in self.names


@dataclass(frozen=True)
class Boolean:
    """True or False, NumPy's too."""

    words = "True or False"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        return isinstance(_plain(value), bool)


@dataclass(frozen=True)
class Sizes:
    """Numbers of neurons: one, or a sequence, range or array of them."""

    words = "an integer of at least 1 or a sequence of such integers"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        sizes, size = _plain(value), Integer(1)
        if isinstance(sizes, tuple | list | range):
            return all(map(size.holds, sizes))
        return size.holds(sizes)


@dataclass(frozen=True)
class RowCount:
    """A number of rows, or a share of them."""

    words = "an integer of at least 1 (rows), a number in (0, 1) (share of the rows)"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        share = Number(0, 1, low_open=True, high_open=True)
        return Integer(1).holds(value) or (not _is_int(value) and share.holds(value))


@dataclass(frozen=True)
class Seed:
    """What scikit-learn takes as ``random_state``, but for None."""

    words = "an integer of at least 0 or a RandomState instance"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        numpy = sys.modules.get("numpy")  # whoever has a RandomState has loaded it
        is_state = numpy is not None and isinstance(value, numpy.random.RandomState)
        return is_state or Integer(0).holds(value)


@dataclass(frozen=True)
class Or:
    """What another rule allows, or one value more."""

    rule: Rule
    value: None | str | float

    @property
    def words(self) -> str:
        """What it must be."""
        return f"{self.rule.words}, or {self.value!r}"

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        is_it = isinstance(value, type(self.value)) and value == self.value
        return is_it or self.rule.holds(value)


@dataclass(frozen=True)
class Check:
    """What a function finds right."""

    words: str
    test: Callable[[Any], bool]

    def holds(self, value: Any) -> bool:
        """Tell whether it is."""
        return self.test(value)


def _plain(value: Any) -> Any:
    """Give a NumPy scalar or array as Python's own; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def _is_int(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _are_callbacks(value: object) -> bool:
    from ctre.training import Callback

    return isinstance(value, tuple | list) and all(isinstance(each, Callback) for each in value)


def _weighs_classes(value: object) -> bool:
    """Tell whether it says "balanced", or gives weights by class, of one column or of several."""
    if isinstance(value, list):
        return bool(value) and all(map(_weighs_classes, value))
    if isinstance(value, dict):
        return bool(value) and all(map(Number(0).holds, value.values()))
    return isinstance(value, str) and value == "balanced"


CLASS_WEIGHT = Check(
    "'balanced', a dict from class to a weight of at least 0, or a list of these",
    _weighs_classes,
)
SPLITTER = Check(  # a string has `split` as well
    "a scikit-learn splitter",
    lambda value: hasattr(value, "split") and hasattr(value, "get_n_splits"),
)
CALLBACKS = Check("a list or tuple of ctre.training.Callback", _are_callbacks)
VERBOSE = Check(
    "True, False or an integer of at least 0",
    lambda value: Boolean().holds(value) or Integer(0).holds(value),
)
