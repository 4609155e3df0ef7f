"""PyTorch with dense weights: alone, and under a mask, which is how sparse training is mostly done.

The mask is applied as dynamic sparse training code applies it: the weights are masked in place
after every step, so forward and backward are the plain dense ones. Multiplying by the mask in the
forward pass instead, as ``torch.nn.utils.prune`` does, costs a little more.
"""

from __future__ import annotations

import torch
from torch import nn
from workloads import Work

from ctre._typing import FloatArray
from ctre.network import SparseLayer
from trainers.torch_loop import TorchLoop, with_relu


class TorchDense(TorchLoop):
    """``nn.Linear`` layers; what is absent in the work's network begins at zero and is trained."""

    def __init__(self, work: Work) -> None:
        super().__init__(work, with_relu(map(_linear, work.network.layers)), fused=True)
        self._layers = work.network.layers
        self._linears = [module for module in self.model if isinstance(module, nn.Linear)]

    def weights(self) -> list[FloatArray]:
        return [
            linear.weight.detach().numpy()[layer.topology.post_indices, layer.topology.indices]
            for layer, linear in zip(self._layers, self._linears, strict=True)
        ]


class TorchMask(TorchDense):
    """The same under a mask: what is absent stays zero."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._masks = [(linear.weight != 0).float() for linear in self._linears]

    @torch.no_grad()
    def after_step(self) -> None:
        for linear, mask in zip(self._linears, self._masks, strict=True):
            linear.weight.mul_(mask)


def _linear(layer: SparseLayer) -> nn.Linear:
    linear = nn.Linear(layer.topology.n_pre, layer.topology.n_post)
    weights = layer.topology.as_matrix(layer.weights).T.toarray()
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weights))
        linear.bias.zero_()
    return linear
