"""The layers of a model as the evolution sees them: connections, weights, activity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import nn

from ctre._typing import FloatArray
from ctre.methods.evidence import Reads
from ctre.topology import Topology, TopologyChange
from ctre.torch.linear import SparseLinear
from ctre.torch.optimizer_state import carry_state
from ctre.torch.watch import Caught, Watch


class Layer(Protocol):
    """A layer whose topology can be updated; `ctre.training.Evolver` takes it."""

    name: str
    module: nn.Module
    watch: Watch

    @property
    def parameter(self) -> nn.Parameter:
        """Where its weights live."""
        ...

    @property
    def topology(self) -> Topology:
        """Its connections."""
        ...

    @property
    def weights(self) -> FloatArray:
        """One number per connection, in key order, whose magnitude ranks them."""
        ...

    @property
    def budget(self) -> int:
        """Connections that it is meant to have."""
        ...

    def apply(self, change: TopologyChange, newborn: FloatArray) -> None:
        """Go over to the new topology, in place; the optimizer's memory goes along."""
        ...

    def check(self, reads: Reads) -> None:
        """Refuse what cannot be read of this layer."""
        ...

    def activity(self, pre: torch.Tensor, post: torch.Tensor) -> tuple[FloatArray, FloatArray]:
        """Turn the activations around it into rows (n_rows, n_pre) and (n_rows, n_post)."""
        ...

    def signals(self, caught: Sequence[Caught]) -> tuple[FloatArray, FloatArray]:
        """Turn what a batch let be caught into inputs and error signals of the same rows."""
        ...


class LinearLayer:
    """A `SparseLinear` and its optimizer."""

    def __init__(self, name: str, module: SparseLinear, optimizer: torch.optim.Optimizer) -> None:
        self.name, self.module, self.optimizer = name, module, optimizer
        self.watch = Watch(lambda: module.indptr)

    @property
    def parameter(self) -> nn.Parameter:
        """Where its weights live."""
        return self.module.values

    @property
    def topology(self) -> Topology:
        """Its connections, a copy."""
        return self.module.topology

    @property
    def weights(self) -> FloatArray:
        """Their weights, a copy."""
        return as_array(self.module.values)

    @property
    def budget(self) -> int:
        """Connections that it is meant to have."""
        budget = self.module.budget
        return self.module.n_connections if budget is None else budget

    @torch.no_grad()
    def apply(self, change: TopologyChange, newborn: FloatArray) -> None:
        """Go over, in place as long as the number of connections stays."""
        module, values = self.module, self.module.values
        if module.is_shared:  # an estimator keeps the weights of the topology that it has
            for part in module.parameters():
                part.data = part.data.clone()
            module.is_shared = False
        shape, device = values.shape, values.device
        source = torch.from_numpy(change.source).to(device)
        survives = source >= 0
        survivors = source[survives]

        def carry(old: torch.Tensor) -> torch.Tensor:
            new = old.new_zeros(len(source))
            new[survives] = old[survivors]
            return new

        carried = carry(values)
        carried[~survives] = torch.from_numpy(newborn).to(carried)
        gradient = None if values.grad is None else carry(values.grad)
        carry_state(self.optimizer, values, shape, carry)
        if len(source) != len(values):
            module.resize_(len(source))
            values.grad = gradient
        elif gradient is not None:
            values.grad.copy_(gradient)
        # By copy_, which raises the version counters: a graph of before errs when it goes backward.
        values.copy_(carried)
        module.indptr.copy_(torch.tensor(change.new.indptr))
        module.indices.copy_(torch.tensor(change.new.indices))

    def check(self, reads: Reads) -> None:
        """All can be read."""

    def activity(self, pre: torch.Tensor, post: torch.Tensor) -> tuple[FloatArray, FloatArray]:
        """Take every row of whatever batch shape."""
        return (
            as_array(pre.reshape(-1, self.module.in_features)),
            as_array(post.reshape(-1, self.module.out_features)),
        )

    def signals(self, caught: Sequence[Caught]) -> tuple[FloatArray, FloatArray]:
        """Put the rows below each other."""
        pre, error = zip(*caught, strict=True)
        return np.concatenate(pre), np.concatenate(error)


def as_array(values: torch.Tensor) -> FloatArray:
    """Copy to a float32 array on the CPU."""
    return np.array(values.detach().to("cpu", torch.float32).numpy(), order="C")
