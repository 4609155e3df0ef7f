"""The rivals, each written as its own users would write it, behind one small protocol."""

from __future__ import annotations

from typing import Protocol

from ctre._typing import FloatArray, IndexArray


class Trainer(Protocol):
    """A network in the hands of one library."""

    def train(self, rows: IndexArray) -> float:
        """Train these rows once, batch by batch in their order; give the mean loss."""
        ...

    def weights(self) -> list[FloatArray]:
        """Give each layer's weights at the work's connections, in the order of its topology.

        A last layer of another shape is left out.
        """
        ...
