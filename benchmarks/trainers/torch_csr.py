"""PyTorch with weights in CSR: by its own autograd, and by a hand-written backward pass.

`TorchCSR` is the formulation its documentation suggests, and the fastest of those that leave the
gradient to PyTorch: a CSR tensor is the parameter. (Training the values and making the tensor in
every forward pass takes about twice the time.) `TorchCSRByHand` is what an expert makes of the
same building blocks: the gradient is sampled at the connections, the transpose is kept.
Indices are int32, the type MKL takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from workloads import Work

from ctre._typing import FloatArray
from ctre.network import SparseLayer
from trainers.torch_loop import TorchLoop, with_relu


class TorchCSR(TorchLoop):
    """Parameters are CSR tensors."""

    def __init__(self, work: Work) -> None:
        super().__init__(work, _neuron_major(map(CSRLinear, work.network.layers)))

    def weights(self) -> list[FloatArray]:
        return [
            module.weight.detach().values().numpy()
            for module in self.model.modules()
            if isinstance(module, CSRLinear)
        ]


class TorchCSRByHand(TorchLoop):
    """Parameters are the values; forward and backward are written out."""

    def __init__(self, work: Work) -> None:
        super().__init__(work, _neuron_major(map(SampledLinear, work.network.layers)), fused=True)

    def weights(self) -> list[FloatArray]:
        return [
            module.values.detach().numpy()
            for module in self.model.modules()
            if isinstance(module, SampledLinear)
        ]


class _Turn(nn.Module):
    """Between (rows, neurons), which data and loss want, and (neurons, rows), which CSR wants."""

    def forward(self, x: Tensor) -> Tensor:
        return x.t()


def _neuron_major(layers: Any) -> nn.Sequential:
    return nn.Sequential(_Turn(), *with_relu(layers), _Turn())


class CSRLinear(nn.Module):
    def __init__(self, layer: SparseLayer) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.sparse_csr_tensor(
                torch.tensor(layer.topology.indptr),
                torch.tensor(layer.topology.indices),
                torch.tensor(layer.weights),
                (layer.topology.n_post, layer.topology.n_pre),
            )
        )
        self.bias = nn.Parameter(torch.zeros(layer.topology.n_post, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sparse.mm(self.weight, x) + self.bias


class SampledLinear(nn.Module):
    def __init__(self, layer: SparseLayer) -> None:
        super().__init__()
        topology = layer.topology
        self.shape = (topology.n_post, topology.n_pre)
        self.rows = torch.tensor(topology.indptr), torch.tensor(topology.indices)
        places = topology.as_matrix(np.arange(1, topology.n_connections + 1)).tocsr()
        self.columns = torch.tensor(places.indptr), torch.tensor(places.indices)
        self.order = torch.from_numpy(places.data - 1)  # of the values, column by column
        self.values = nn.Parameter(torch.tensor(layer.weights))
        self.bias = nn.Parameter(torch.zeros(topology.n_post, 1))

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = _SampledProduct.apply(self.values, x, self)
        return product + self.bias


class _SampledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, x: Tensor, layer: SampledLinear) -> Tensor:
        ctx.layer = layer
        ctx.save_for_backward(values, x)
        return torch.sparse_csr_tensor(*layer.rows, values, layer.shape) @ x

    @staticmethod
    def backward(ctx: Any, error: Tensor) -> tuple[Tensor, Tensor | None, None]:
        layer: SampledLinear = ctx.layer
        values, x = ctx.saved_tensors
        places = torch.sparse_csr_tensor(*layer.rows, torch.zeros_like(values), layer.shape)
        gradient = torch.sparse.sampled_addmm(places, error, x.t(), beta=0.0).values()
        if not ctx.needs_input_grad[1]:
            return gradient, None, None
        turned = torch.sparse_csr_tensor(*layer.columns, values[layer.order], layer.shape[::-1])
        return gradient, turned @ error, None
