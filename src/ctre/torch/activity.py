"""One pass of a model without gradients, and what the neurons around its sparse layers did in it.

What a neuron behind a layer answers is not what the layer answers, but what the activation function
makes of that; nobody says where it is in a model. So the pass follows each layer's answer through
all that is computed of it element by element, and of nothing else, as far as that goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ctre._typing import FloatArray
from ctre.errors import InvalidParameterError, UnknownNameError
from ctre.torch.layers import Layer

Activations: TypeAlias = (
    Callable[[torch.Tensor], torch.Tensor] | Mapping[str, Callable[[torch.Tensor], torch.Tensor]]
)
"""What becomes of input sums: of all layers, or of those named; the others are followed."""

RunModel: TypeAlias = Callable[[nn.Module], object]
"""Calls a model on rows of somebody's choice."""


class _Pass:
    """What is around one layer, call by call."""

    def __init__(self) -> None:
        self.before: list[torch.Tensor] = []
        self.behind: list[torch.Tensor] = []


class _Follow(TorchDispatchMode):
    """Follows tensors through element-by-element operations."""

    def __init__(self) -> None:
        super().__init__()
        self._owner: dict[int, tuple[_Pass, int]] = {}  # by the tensor's id, …
        self._alive: list[torch.Tensor] = []  # … which holds as long as the tensor does

    def begin(self, call: _Pass, before: torch.Tensor, behind: torch.Tensor) -> None:
        call.before.append(before.detach().clone())
        call.behind.append(behind.detach().clone())
        self._mark(behind, (call, len(call.behind) - 1))

    def _mark(self, tensor: torch.Tensor, owner: tuple[_Pass, int]) -> None:
        self._owner[id(tensor)] = owner
        self._alive.append(tensor)

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = [
            value
            for value in (*args, *(kwargs or {}).values())
            if isinstance(value, torch.Tensor) and value.ndim
        ]
        owners = [self._owner.get(id(value)) for value in given]
        answer = func(*args, **(kwargs or {}))
        if not isinstance(answer, torch.Tensor):
            return answer
        owner = owners[0] if owners else None
        if (
            owner is not None
            and torch.Tag.pointwise in func.tags
            and all(other == owner for other in owners)
            and answer.shape == given[0].shape
        ):
            call, number = owner
            call.behind[number] = answer.detach().clone()
            self._mark(answer, owner)
        else:  # also where something else was written over it
            self._owner.pop(id(answer), None)
        return answer


def activity(
    model: nn.Module,
    layers: Sequence[Layer],
    run: RunModel,
    activation: Activations | None,
    n_rows: int | float | None,
    rng: np.random.Generator,
) -> list[tuple[FloatArray, FloatArray]]:
    """Run a model once, and give the activations before and behind each layer.

    Parameters
    ----------
    model : Module
        In evaluation mode for the time of the pass, as far as it is not already.
    layers : sequence of Layer
        Those to look at.
    run : callable
        Calls the model.
    activation : callable, mapping or None
        What to do to a layer's input sums instead of following them.
    n_rows : int, float or None
        At most so many rows of each layer, drawn at random; a share of them; or all.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    list of (float32 (n_rows, n_pre), float32 (n_rows, n_post))
        One pair for each layer.

    Raises
    ------
    InvalidParameterError
        If the pass did not come to a layer.
    """
    follow = _Follow()
    calls = [_Pass() for _ in layers]

    def hook(layer: Layer, call: _Pass) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        chosen = _chosen(activation, layer.name)

        def keep(module: nn.Module, args: tuple[Any, ...], output: torch.Tensor) -> None:  # noqa: ARG001
            if chosen is None:
                follow.begin(call, args[0], output)
            else:
                call.before.append(args[0].detach().clone())
                call.behind.append(_answer(chosen, output.detach().clone()))

        return keep

    hooks = [
        layer.module.register_forward_hook(hook(layer, call))
        for layer, call in zip(layers, calls, strict=True)
    ]
    try:
        with _evaluating(model), torch.no_grad(), torch.compiler.set_stance("force_eager"), follow:
            run(model)
    finally:
        for handle in hooks:
            handle.remove()
    return [_rows(layer, call, n_rows, rng) for layer, call in zip(layers, calls, strict=True)]


def _chosen(
    activation: Activations | None, name: str
) -> Callable[[torch.Tensor], torch.Tensor] | None:
    return activation.get(name) if isinstance(activation, Mapping) else activation


def _answer(activation: Callable[[torch.Tensor], torch.Tensor], sums: torch.Tensor) -> torch.Tensor:
    answer = activation(sums)
    shape = answer.shape if isinstance(answer, torch.Tensor) else type(answer).__name__
    if shape != sums.shape:
        raise InvalidParameterError(
            f"activation must make of input sums a tensor of their shape, {tuple(sums.shape)}, "
            f"got {tuple(shape) if isinstance(shape, torch.Size) else shape}."
        )
    return answer


def require_activation(activation: Any, layers: Sequence[Layer]) -> None:
    """Refuse what is neither a function nor functions of layers that there are.

    Raises
    ------
    InvalidParameterError, UnknownNameError
        That says what it is.
    """
    functions = activation if isinstance(activation, Mapping) else {None: activation}
    if activation is not None and not all(map(callable, functions.values())):
        raise InvalidParameterError(
            f"activation must be a function of a tensor, or a dict of them by layer, got "
            f"{activation!r}."
        )
    names = [layer.name for layer in layers]
    for name in functions:
        if name is not None and name not in names:
            raise UnknownNameError("layer of activation", name, names)


def _rows(
    layer: Layer, call: _Pass, n_rows: int | float | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    if not call.before:
        raise InvalidParameterError(
            f"evidence must lead through layer {layer.name!r}, got a pass that did not come to "
            "it. Give rows that use it, or leave it out of layers=."
        )
    parts = [
        layer.activity(before, behind)
        for before, behind in zip(call.before, call.behind, strict=True)
    ]
    before, behind = (np.concatenate(side) for side in zip(*parts, strict=True))
    n_there = len(before)
    if n_there == 0:
        raise InvalidParameterError(
            f"evidence must have a row for layer {layer.name!r} at least, got none."
        )
    wanted = n_there if n_rows is None else n_rows if n_rows >= 1 else n_rows * n_there
    count = max(1, round(wanted))
    if count >= n_there:
        return before, behind
    some = np.sort(rng.choice(n_there, size=count, replace=False))
    return before[some], behind[some]


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Switch off what behaves otherwise in training, and then back on what was on."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
