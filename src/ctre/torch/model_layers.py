"""The sparse layers of a model, and the optimizer that trains them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ctre.errors import InvalidParameterError, UnknownNameError
from ctre.estimators.rules import Or
from ctre.torch.checks import NAMES, require
from ctre.torch.convolution import MaskedLayer, masked_weight_of
from ctre.torch.layers import Layer, LinearLayer
from ctre.torch.linear import SparseLinear


def unwrapped(model: nn.Module) -> nn.Module:
    """Take off what a compiler or data parallelism put around a model."""
    while isinstance(
        inner := getattr(model, "_orig_mod", getattr(model, "module", None)), nn.Module
    ):
        model = inner
    return model


def layers_of(
    model: nn.Module, optimizer: torch.optim.Optimizer, names: Sequence[str] | None
) -> list[Layer]:
    """Give the sparse layers of a model, or those named, as the evolution sees them.

    Raises
    ------
    InvalidParameterError, UnknownNameError
        If there are none, or not those, or the optimizer does not train one of them.
    """
    require("layers", Or(NAMES, None), names)
    found: dict[str, Layer] = {}
    for name, module in model.named_modules():
        if isinstance(module, SparseLinear):
            found[name] = LinearLayer(name, module, optimizer)
        elif masked_weight_of(module) is not None:
            found[name] = MaskedLayer(name, module, optimizer)
    if not found:
        raise InvalidParameterError(
            "model must have a sparse layer, got none. Build it with SparseLinear, or call "
            "sparsify_(model, density=...) first."
        )
    for name in names or ():
        if name not in found:
            raise UnknownNameError("sparse layer", name, found)
    layers = [layer for name, layer in found.items() if names is None or name in names]
    if not layers:
        raise InvalidParameterError(
            f"layers must name one layer at least, got {names!r}. Leave it out for all of them."
        )
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    for layer in layers:
        if id(layer.parameter) not in trained:
            raise InvalidParameterError(
                f"optimizer must train layer {layer.name!r}, and does not. Make it after the "
                "model became sparse, or leave the layer out of layers=."
            )
    return layers
