"""Making a dense model sparse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd

from ctre._typing import FloatArray, KeyArray
from ctre.density import DistributionName, spread_density
from ctre.errors import InvalidParameterError
from ctre.estimators.rules import OneOf
from ctre.selection import first_lowest
from ctre.topology import Topology, sample_distinct
from ctre.torch.checks import DENSITY, NAMES, require, require_module
from ctre.torch.convolution import MaskedWeight, Unit, mask_convolution, reset_weights, shape_of
from ctre.torch.layers import as_array
from ctre.torch.linear import SparseLinear

StartName: TypeAlias = Literal["random", "magnitude", "snip", "snip-global", "full"]

Loss: TypeAlias = Callable[[nn.Module], torch.Tensor]
"""The loss of one batch, of a model that it is given."""


def sparsify_(
    model: nn.Module,
    density: float,
    *,
    distribution: DistributionName = "erk",
    skip: Sequence[str] = (),
    start: StartName = "random",
    loss: Loss | None = None,
    convolutions: Unit = "weights",
) -> nn.Module:
    """Make the linear and convolution layers of a model sparse, in place.

    Every ``nn.Linear`` becomes a `SparseLinear`; a convolution keeps its dense weight, with exact
    zeros where there is no connection. Layers of classes derived from these stay as they are.

    Parameters
    ----------
    model : Module
        Changed in place. Make the optimizer afterwards.
    density : float in (0, 1]
        Connections per place, over all layers that become sparse (dimensionless): the number of
        weights is exactly that share, rounded, but for whole kernels.
    distribution : {"erk", "erdos-renyi", "uniform"}, default="erk"
        How the connections are spread over layers: in proportion to the sum of the sizes of a
        layer over their product, kernel sizes among them or not, or the same density everywhere.
        What a full layer has no place for goes to the others.
    skip : sequence of str, default=()
        Layers that stay dense: names, of parts of the model too, or patterns such as ``"*.head"``.
    start : {"random", "magnitude", "snip", "snip-global", "full"}, default="random"
        Which places: drawn from PyTorch's generator, with new weights; or those of the largest
        weights, which they keep; or of the largest ``|gradient * weight|`` of ``loss``, in every
        layer or over all layers together; or all, with the density as a budget that
        ``Evolution(method="magnitude")`` prunes to.
    loss : callable, optional
        What ``"snip"`` is measured by: called once with the dense model, gives the loss of a batch.
    convolutions : {"weights", "kernels"}, default="weights"
        What a connection of a convolution is: one weight, or all that join two channels, which
        methods need that compare the activations of channels.

    Returns
    -------
    Module
        The model; another one only if it is itself an ``nn.Linear``.

    Raises
    ------
    InvalidParameterError
        If there is nothing to make sparse, or a weight belongs to another layer as well.

    References
    ----------
    .. [1] Evci et al., "Rigging the Lottery", ICML 2020, for Erdős–Rényi-Kernel.
    """
    require_module(model)
    require("density", DENSITY, density)
    require("start", OneOf(get_args(StartName)), start)
    require("convolutions", OneOf(get_args(Unit)), convolutions)
    if start.startswith("snip") and not callable(loss):
        raise InvalidParameterError(
            f"loss must be a function of the model for start={start!r}, got {loss!r}. Give one: "
            "loss=lambda model: criterion(model(x), y)."
        )
    dense = _dense_layers(model, skip, convolutions)
    counts = spread_density([layer.shape for layer in dense], density, distribution)
    wanted = [
        max(1, round(count / layer.n_taps)) for layer, count in zip(dense, counts, strict=True)
    ]
    for layer, keys in zip(dense, _starts(model, dense, wanted, start, loss), strict=True):
        model = layer.replace_in(model, keys, keeps_weights=start != "random")
    for layer, count in zip(dense, wanted, strict=True):
        layer.set_budget(count if start == "full" else None)
    return model


@dataclass
class _DenseLayer:
    """A layer that is to become sparse."""

    names: list[str]
    """All by which the model knows it."""
    module: nn.Linear | _ConvNd
    unit: Unit

    def __post_init__(self) -> None:
        self.sparse: SparseLinear | MaskedWeight | None = None
        self.n_post: int
        self.n_pre: int
        self.n_taps: int
        if isinstance(self.module, _ConvNd):
            self.n_post, self.n_pre, self.n_taps = shape_of(self.module, self.unit)
        else:
            self.n_post, self.n_pre = self.module.weight.shape
            self.n_taps = 1

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.module.weight.shape)

    @property
    def n_places(self) -> int:
        return self.n_post * self.n_pre

    def by_place(self, values: torch.Tensor) -> FloatArray:
        """Give the length of what lies at each place."""
        if isinstance(self.module, _ConvNd) and self.module.transposed:
            values = values.transpose(0, 1)
        rows = as_array(values).reshape(self.n_places, self.n_taps)
        return np.linalg.norm(rows, axis=1)

    def replace_in(self, model: nn.Module, keys: KeyArray, *, keeps_weights: bool) -> nn.Module:
        """Go over to the connections at some keys; give the model."""
        if isinstance(self.module, _ConvNd):
            self.sparse = mask_convolution(self.module, keys, self.unit)
            if not keeps_weights:
                reset_weights(self.module)
            return model
        dense = self.module
        topology = Topology.from_keys(self.n_pre, self.n_post, keys)
        places = torch.from_numpy(keys).to(dense.weight.device)
        values = dense.weight.detach().reshape(-1)[places]
        layer = SparseLinear.of(topology, values, dense.bias)
        if not keeps_weights:
            bias = None if layer.bias is None else layer.bias.detach().clone()
            layer.reset_parameters()
            if layer.bias is not None and bias is not None:
                layer.bias.data.copy_(bias)
        layer.values.requires_grad_(dense.weight.requires_grad)
        layer.train(dense.training)
        self.sparse = layer
        for name in self.names:
            if name == "":
                return layer
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, layer)
        return model

    def set_budget(self, count: int | None) -> None:
        assert self.sparse is not None
        self.sparse.budget = count


def _dense_layers(model: nn.Module, skip: Sequence[str], unit: Unit) -> list[_DenseLayer]:
    skip = [skip] if isinstance(skip, str) else skip
    require("skip", NAMES, skip)
    names: dict[int, list[str]] = {}
    layers: dict[int, nn.Linear | _ConvNd] = {}
    skipped: set[str] = set()
    for name, module in model.named_modules(remove_duplicate=False):
        parts = name.split(".")
        above = {".".join(parts[: n + 1]) for n in range(len(parts))}
        met = {pattern for pattern in skip if any(fnmatch(part, pattern) for part in above)}
        skipped |= met
        is_layer = type(module) is nn.Linear or (
            isinstance(module, _ConvNd) and not hasattr(module, "parametrizations")
        )
        if is_layer and not met:
            assert isinstance(module, nn.Linear | _ConvNd)
            names.setdefault(id(module), []).append(name)
            layers[id(module)] = module
    for pattern in skip:
        if pattern not in skipped:
            known = ", ".join(name for name, _ in model.named_modules() if name)
            raise InvalidParameterError(
                f"skip must name parts of the model, got {pattern!r}. Known: {known}."
            )
    if not layers:
        raise InvalidParameterError(
            "model must have an nn.Linear or a convolution that is not skipped, got none."
        )
    _require_own_weights(model, layers, names)
    return [_DenseLayer(names[key], module, unit) for key, module in layers.items()]


def _require_own_weights(
    model: nn.Module, layers: dict[int, nn.Linear | _ConvNd], names: dict[int, list[str]]
) -> None:
    owners: dict[int, set[int]] = {}
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            owners.setdefault(id(parameter), set()).add(id(module))
    for key, module in layers.items():
        if len(owners[id(module.weight)]) > 1:
            raise InvalidParameterError(
                f"Layer {names[key][0]!r} must have a weight of its own to become sparse, and "
                f"shares it with another. Leave it dense: skip=({names[key][0]!r},)."
            )


def _starts(
    model: nn.Module,
    layers: Sequence[_DenseLayer],
    counts: Sequence[int],
    start: StartName,
    loss: Loss | None,
) -> list[KeyArray]:
    """Choose the places of every layer."""
    if start == "full":
        return [np.arange(layer.n_places) for layer in layers]
    if start == "random":
        rng = np.random.default_rng(torch.randint(2**62, (), dtype=torch.int64).item())
        return [
            sample_distinct(rng, layer.n_places, count)
            for layer, count in zip(layers, counts, strict=True)
        ]
    if start == "magnitude":
        scores = [layer.by_place(layer.module.weight) for layer in layers]
    else:
        assert loss is not None
        scores = _saliencies(model, layers, loss)
    if start == "snip-global":
        return _best_of_all(scores, sum(counts))
    return [first_lowest(-score, count) for score, count in zip(scores, counts, strict=True)]


def _saliencies(model: nn.Module, layers: Sequence[_DenseLayer], loss: Loss) -> list[FloatArray]:
    weights = [layer.module.weight for layer in layers]
    measured = loss(model)
    if not isinstance(measured, torch.Tensor) or not measured.isfinite().all():
        raise InvalidParameterError(
            f"loss must give a tensor with one finite number, got {measured!r}. Look at the "
            "batch, and at the weights of the model."
        )
    gradients = torch.autograd.grad(measured, weights, allow_unused=True)
    return [
        layer.by_place(weight if gradient is None else weight * gradient) * (gradient is not None)
        for layer, weight, gradient in zip(layers, weights, gradients, strict=True)
    ]


def _best_of_all(scores: Sequence[FloatArray], count: int) -> list[KeyArray]:
    chosen = first_lowest(-np.concatenate(scores), count)
    ends = np.cumsum([len(score) for score in scores])
    parts = np.split(chosen, np.searchsorted(chosen, ends[:-1]))
    begins = ends - [len(score) for score in scores]
    return [part - begin for part, begin in zip(parts, begins, strict=True)]
