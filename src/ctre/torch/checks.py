"""Checks of arguments by rules, in the words of all other errors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import nn

from ctre.errors import InvalidParameterError
from ctre.estimators.rules import Check, Integer, Number, Rule

COUNT = Integer(1)
WHOLE = Integer(0)
DENSITY = Number(0, 1, low_open=True)
FRACTION = Number(0, 1)
NAMES = Check(
    "a sequence of names",
    lambda names: (
        isinstance(names, Collection)
        and not isinstance(names, str)
        and all(isinstance(name, str) for name in names)
    ),
)


def require(name: str, rule: Rule, value: object) -> None:
    """Refuse an argument that is not what a rule says.

    Raises
    ------
    InvalidParameterError
        That names it, what it must be, and what it got.
    """
    if not rule.holds(value):
        raise InvalidParameterError(f"{name} must be {rule.words}, got {value!r}.")


def require_module(model: Any) -> None:
    """Refuse what is no module, such as a compiled function.

    Raises
    ------
    InvalidParameterError
        That says what it is.
    """
    if not isinstance(model, nn.Module):
        raise InvalidParameterError(
            f"model must be a torch.nn.Module, got {type(model).__name__}. Give the model itself; "
            "compiled or in DistributedDataParallel it is one too."
        )


def require_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer, or one whose memory of the parameters cannot be told apart.

    Raises
    ------
    InvalidParameterError
        That says what it is.
    """
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise InvalidParameterError(
            f"optimizer must be a torch.optim.Optimizer, got {type(optimizer).__name__}. Give the "
            "one that trains the model, not its scheduler or its name."
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise InvalidParameterError(
            "optimizer must remember each parameter by itself, got LBFGS, whose history is of all "
            "parameters together and cannot follow connections. Use SGD, Adam(W), RMSprop, Adagrad "
            "or Adafactor."
        )
