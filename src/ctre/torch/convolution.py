"""Convolutions with few of their weights, by a mask: here nothing is gained but the topology.

The masked weights are exactly zero, in the parameter too: their gradient is zero, what an optimizer
remembers of them is zero, and so decay and momentum leave them where they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize

from ctre._typing import FloatArray, KeyArray
from ctre.errors import InvalidParameterError
from ctre.methods.evidence import Reads
from ctre.topology import Topology, TopologyChange
from ctre.torch.layers import as_array
from ctre.torch.operations import masked
from ctre.torch.optimizer_state import carry_state
from ctre.torch.watch import Caught, Watch

Unit: TypeAlias = Literal["weights", "kernels"]
"""What counts as one connection of a convolution: one weight, or all that join two channels."""

_MOST_POOLED = 4  # places of each axis of an image that channels are compared at


class MaskedWeight(nn.Module):
    """A parametrization of ``weight`` by exact zeros where ``mask`` is false.

    Parameters
    ----------
    mask : bool tensor of the weight's shape
        Where there are connections.
    unit : {"weights", "kernels"}
        Whether single weights come and go, or all that join two channels together.
    """

    mask: torch.Tensor

    def __init__(self, mask: torch.Tensor, unit: Unit) -> None:
        super().__init__()
        self.register_buffer("mask", mask)
        self.unit: Unit = unit
        self.budget: int | None = None
        """Connections it is to end with, where a start has others; None for those it has."""

    def forward(self, original: torch.Tensor) -> torch.Tensor:
        """Give the weight to compute with."""
        return masked(original, self.mask)

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        """Give the parameter for a weight."""
        return torch.where(self.mask, weight, 0)


def shape_of(conv: _ConvNd, unit: Unit) -> tuple[int, int, int]:
    """Tell how many channels are behind, how many places before each, and weights per place."""
    weight = conv.weight
    post, pre = (1, 0) if conv.transposed else (0, 1)
    n_taps = weight[0, 0].numel()
    if unit == "kernels":
        return weight.shape[post], weight.shape[pre], n_taps
    return weight.shape[post], weight.shape[pre] * n_taps, 1


def mask_convolution(conv: _ConvNd, keys: KeyArray, unit: Unit) -> MaskedWeight:
    """Keep the connections at some keys alone."""
    mask = torch.zeros_like(conv.weight, dtype=torch.bool)
    _places(conv, mask, unit)[torch.from_numpy(keys).to(mask.device)] = True
    parametrization = MaskedWeight(mask, unit)
    parametrize.register_parametrization(conv, "weight", parametrization)
    return parametrization


@torch.no_grad()
def reset_weights(conv: _ConvNd) -> None:
    """Draw a masked convolution's weights as PyTorch does, for those that enter a channel."""
    weight = conv.weight
    n_channels = weight.shape[1 if conv.transposed else 0]
    n_entering = max(1.0, float((weight != 0).sum()) / n_channels)
    bound = 1 / math.sqrt(n_entering)
    conv.weight = torch.empty_like(weight).uniform_(-bound, bound)  # the mask is put over it


def masked_weight_of(module: nn.Module) -> MaskedWeight | None:
    """Give the parametrization of a masked convolution; None for other modules."""
    if not isinstance(module, _ConvNd) or not parametrize.is_parametrized(module, "weight"):
        return None
    first = module.parametrizations["weight"][0]
    return first if isinstance(first, MaskedWeight) else None


def _places(conv: _ConvNd, weight: torch.Tensor, unit: Unit) -> _View:
    """View a tensor like the weight as (n_places, n_taps), places by channel behind."""
    turned = weight.transpose(0, 1) if conv.transposed else weight
    n_post, n_pre = turned.shape[:2]
    if unit == "kernels":
        return _View(turned, (n_post * n_pre, -1))
    return _View(turned, (-1, 1))


class _View:
    """Rows of a tensor that may not be contiguous, to read and to write by their numbers."""

    def __init__(self, tensor: torch.Tensor, shape: tuple[int, int]) -> None:
        self.tensor, self.shape = tensor, shape

    @property
    def rows(self) -> torch.Tensor:
        """(n_places, n_taps), a copy where the tensor is turned."""
        return self.tensor.reshape(self.shape)

    def __getitem__(self, places: torch.Tensor) -> torch.Tensor:
        return self.rows[places]

    def __setitem__(self, places: torch.Tensor, values: torch.Tensor | float | bool) -> None:
        rows = self.rows
        rows[places] = values
        self.tensor.copy_(rows.reshape(self.tensor.shape))


class MaskedLayer:
    """A masked convolution and its optimizer."""

    def __init__(self, name: str, module: _ConvNd, optimizer: torch.optim.Optimizer) -> None:
        parametrization = masked_weight_of(module)
        assert parametrization is not None
        self.name, self.module, self.optimizer = name, module, optimizer
        self.masked, self.unit = parametrization, parametrization.unit
        self.n_post, self.n_pre, self.n_taps = shape_of(module, self.unit)
        self.watch = Watch(lambda: parametrization.mask)

    @property
    def parameter(self) -> nn.Parameter:
        """Where its weights live."""
        original: nn.Parameter = self.module.parametrizations["weight"].original
        return original

    @property
    def topology(self) -> Topology:
        """Its connections, a copy."""
        is_there = self._view(self.masked.mask).rows[:, 0].cpu().numpy()
        return Topology.from_keys(self.n_pre, self.n_post, np.flatnonzero(is_there))

    @property
    def weights(self) -> FloatArray:
        """Weights, or the Euclidean lengths of kernels."""
        rows = as_array(self._view(self.parameter).rows)[self.topology.keys]
        return rows[:, 0] if self.unit == "weights" else np.linalg.norm(rows, axis=1)

    @property
    def budget(self) -> int:
        """Connections that it is meant to have."""
        budget = self.masked.budget
        return self.topology.n_connections if budget is None else budget

    @torch.no_grad()
    def apply(self, change: TopologyChange, newborn: FloatArray) -> None:
        """Go over; a kernel that is born begins as its middle tap alone."""
        parameter, device = self.parameter, self.masked.mask.device
        old, new = change.old, change.new
        died = torch.from_numpy(old.keys[~new.contains(old.keys)]).to(device)
        born = torch.from_numpy(new.keys[change.born]).to(device)

        def carry(values: torch.Tensor) -> torch.Tensor:
            carried = values.clone()
            self._view(carried)[torch.cat([died, born])] = 0
            return carried

        carry_state(self.optimizer, parameter, parameter.shape, carry)
        if parameter.grad is not None:
            parameter.grad.copy_(carry(parameter.grad))
        weight = carry(parameter)
        first = weight.new_zeros(len(born), self.n_taps)
        first[:, self.n_taps // 2] = torch.from_numpy(newborn).to(weight)
        self._view(weight)[born] = first
        parameter.copy_(weight)
        self._view(self.masked.mask)[died] = False
        self._view(self.masked.mask)[born] = True

    def check(self, reads: Reads) -> None:
        """Refuse activations where a connection does not join two channels.

        Raises
        ------
        InvalidParameterError
            If single weights are connections, or channels come in groups.
        """
        if not reads & {"pre", "post"} or "error" in reads:
            return
        if self.unit == "weights":
            raise InvalidParameterError(
                f"layer {self.name!r} must have whole kernels for connections, since this method "
                "compares the activations of channels, got single weights. Use "
                'sparsify_(..., convolutions="kernels"), or another method.'
            )
        if self.module.groups != 1:
            raise InvalidParameterError(
                f"layer {self.name!r} must join all channels for a method that compares their "
                f"activations, got groups={self.module.groups}. Leave it dense by skip=, or "
                "leave it out of layers=."
            )

    def activity(self, pre: torch.Tensor, post: torch.Tensor) -> tuple[FloatArray, FloatArray]:
        """Compare channels on a few places of the images, the same before and behind."""
        n_axes = len(self.module.kernel_size)
        sizes = zip(pre.shape[-n_axes:], post.shape[-n_axes:], strict=True)
        places = [min(_MOST_POOLED, *pair) for pair in sizes]
        pool = (nn.functional.adaptive_avg_pool1d, nn.functional.adaptive_avg_pool2d,
                nn.functional.adaptive_avg_pool3d)[n_axes - 1]  # fmt: skip
        rows = [
            pool(maps.reshape(-1, *maps.shape[-n_axes - 1 :]).float(), places)
            .movedim(1, -1)
            .reshape(-1, maps.shape[-n_axes - 1])
            for maps in (pre, post)
        ]
        return as_array(rows[0]), as_array(rows[1])

    def signals(self, caught: Sequence[Caught]) -> tuple[FloatArray, FloatArray]:
        """Give the gradient as the product of itself and one."""
        gradient = sum(torch.from_numpy(part) for (part,) in caught)
        assert isinstance(gradient, torch.Tensor)
        rows = self._view(gradient).rows
        scores = rows[:, 0] if self.unit == "weights" else torch.linalg.vector_norm(rows, dim=1)
        by_post = scores.reshape(self.n_post, self.n_pre)
        return as_array(by_post), np.eye(self.n_post, dtype=np.float32)

    def _view(self, tensor: torch.Tensor) -> _View:
        return _places(self.module, tensor, self.unit)
