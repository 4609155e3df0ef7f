"""What goes backward through a layer, caught inside its own operation while somebody asks for it.

The operations look here each time they run, so that a compiled model is watched as any other, and
no hook is ever put on a module. Layers are told apart by the memory of a buffer that never moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from weakref import WeakValueDictionary

import numpy as np
import torch

from ctre._typing import FloatArray

Caught: TypeAlias = tuple[FloatArray, ...]
"""What an operation let be caught: of a linear layer its input (n_rows, n_pre) and error signals
(n_rows, n_post), of a masked weight the gradient by all of it."""


class Watch:
    """Collects what one layer lets through, by batches; idle until `open`."""

    def __init__(self, buffer: Callable[[], torch.Tensor]) -> None:
        self._buffer = buffer  # asked for anew each time: a module may have moved
        self._opened: torch.Tensor | None = None  # held, so that its address stays its own
        self._batch: list[Caught] = []
        self.batches: list[list[Caught]] = []

    def open(self) -> None:
        """Begin to catch, or go on."""
        buffer = self._buffer()
        if self._opened is not None and self._opened.data_ptr() != buffer.data_ptr():
            self.close()
        self._opened = buffer
        _OPEN[buffer.data_ptr()] = self

    def close(self) -> None:
        """Catch no more, and forget what was caught."""
        if self._opened is not None:
            _OPEN.pop(self._opened.data_ptr(), None)
        self._opened, self._batch, self.batches = None, [], []

    def catch(self, *tensors: torch.Tensor) -> None:
        """Keep copies, as float32."""
        self._batch.append(tuple(_copied(tensor) for tensor in tensors))

    def end_batch(self) -> None:
        """Close the batch: what comes now belongs to the next one."""
        if self._opened is not None:
            self.batches.append(self._batch)
        self._batch = []

    def keep(self, n_batches: int) -> None:
        """Forget all but the latest batches."""
        del self.batches[:-n_batches]

    def forget_batch(self) -> None:
        """Drop what the batch brought so far: its step was skipped."""
        self._batch = []


_OPEN: WeakValueDictionary[int, Watch] = WeakValueDictionary()  # who owns one may forget it


def watch_on(buffer: torch.Tensor) -> Watch | None:
    """Give who watches the layer of a buffer, if anybody does."""
    return _OPEN.get(buffer.data_ptr()) if _OPEN else None


def _copied(values: torch.Tensor) -> FloatArray:
    return np.array(values.detach().to("cpu", torch.float32).numpy(), order="C")
