"""The training loop that everything built on PyTorch shares."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.nn import functional
from workloads import OPTIMIZER, Work

from ctre._typing import IndexArray


class TorchLoop:
    """A module and its optimizer, trained on the rows of a work."""

    def __init__(self, work: Work, model: nn.Module, *, fused: bool = False) -> None:
        self._samples = torch.from_numpy(work.samples)
        self._labels = torch.from_numpy(work.labels).long()
        self._batch_size = work.batch_size
        self.model = model
        named = list(model.named_parameters())
        self._optimizer = torch.optim.SGD(
            [
                {
                    "params": [p for name, p in named if not name.endswith("bias")],
                    "weight_decay": OPTIMIZER.l2,
                },
                {"params": [p for name, p in named if name.endswith("bias")]},
            ],
            lr=OPTIMIZER.learning_rate,
            momentum=OPTIMIZER.momentum,
            nesterov=OPTIMIZER.nesterov,
            fused=fused,
        )

    def train(self, rows: IndexArray) -> float:
        batches = torch.from_numpy(rows).split(self._batch_size)
        total = 0.0
        for batch in batches:
            loss = functional.cross_entropy(self.model(self._samples[batch]), self._labels[batch])
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self.after_step()
            total += loss.item()
        return total / len(batches)

    def after_step(self) -> None:
        """Do what a method does to its weights after every step."""


def with_relu(layers: Iterable[nn.Module]) -> nn.Sequential:
    """Put the layers in a row, a ReLU between any two."""
    modules = [module for layer in layers for module in (layer, nn.ReLU())]
    return nn.Sequential(*modules[:-1])
