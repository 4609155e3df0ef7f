"""SparseLab: its `SparseLinear` in place of ``nn.Linear``, all else as in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from sparselab import PaddedCSR, SparseLinear
from torch import nn
from workloads import Work

from ctre._typing import FloatArray
from ctre.network import SparseLayer
from trainers.torch_loop import TorchLoop, with_relu

_ALIVE: list[PaddedCSR] = []
"""Every matrix made: SparseLab caches transposes by `id`, and would take the one of a matrix that
is gone for that of a new one in its place."""


class SparseLab(TorchLoop):
    def __init__(self, work: Work) -> None:
        super().__init__(work, with_relu(map(sparse_linear, work.network.layers)), fused=True)
        self._layers = [module for module in self.model if isinstance(module, SparseLinear)]

    def weights(self) -> list[FloatArray]:
        return [
            np.asarray(layer._csr.values)[np.asarray(layer._csr.col_indices) >= 0]
            for layer in self._layers
        ]


def sparse_linear(layer: SparseLayer) -> SparseLinear:
    """Make its layer as its constructor does, but with the work's connections, not its own draw."""
    linear = SparseLinear(
        layer.topology.n_pre, layer.topology.n_post, sparsity=1 - layer.topology.density
    )
    dense = torch.from_numpy(layer.topology.as_matrix(layer.weights).T.toarray())
    linear._csr = PaddedCSR.from_dense(dense)
    _ALIVE.append(linear._csr)
    linear._values = nn.Parameter(torch.from_numpy(np.asarray(linear._csr.values)))
    nn.init.zeros_(linear.bias)
    return linear
