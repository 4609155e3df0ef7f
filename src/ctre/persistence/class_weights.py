"""Weights of classes as plain values: JSON has no keys but text, and classes are numbers too."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from ctre.tree_file import Branch


def stored_weights(weights: Any) -> Any:
    """Give what ``class_weight`` of the classifier may be, as plain values.

    Every class of a model that can be stored is equal to a text or a number of JSON's, and stands
    for the same class as that.
    """
    if isinstance(weights, list):
        return [stored_weights(own) for own in weights]
    if not isinstance(weights, dict):
        return weights
    return {
        "classes": [_plain(label) for label in weights],
        "weights": [float(weight) for weight in weights.values()],
    }


def restored_weights(stored: Branch, name: str) -> Any:
    """Read them again.

    Raises
    ------
    InvalidDataError
        If something else stands there.
    """
    value, place = stored.value(name), stored.named(name)
    if isinstance(value, list):
        return [_of_a_column(own, f"{place}.{number}") for number, own in enumerate(value)]
    return _of_a_column(value, place)


def _of_a_column(value: Any, place: str) -> dict[Any, float] | str:
    if isinstance(value, str):
        return value
    stored = Branch(value, place)
    classes = stored.sequence("classes")
    is_fit = all(isinstance(label, str | int | float) for label in classes)
    stored.require("classes", is_fit, "text and numbers", classes)
    return dict(zip(classes, stored.sequence("weights", len(classes)), strict=True))


def _plain(label: Any) -> Any:
    if isinstance(label, str):
        return str(label)
    return int(label) if isinstance(label, Integral) else float(label)
