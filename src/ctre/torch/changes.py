"""What an update did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctre._typing import KeyArray
from ctre.topology import Topology, TopologyChange


@dataclass(frozen=True, eq=False)
class LayerChange:
    """What one update did to one layer."""

    layer: str
    """Its name in the model."""
    change: TopologyChange
    """The connections before and after."""
    n_regrown: int
    """Connections that were dropped and chosen again: by definition survivors."""
    n_random: int
    """Connections that were placed at random."""

    @property
    def n_died(self) -> int:
        """Number of connections that are gone."""
        return self.change.n_died

    @property
    def n_born(self) -> int:
        """Number of connections that are new."""
        return self.change.n_born

    @property
    def died(self) -> KeyArray:
        """Connections that are gone: (n_died, 2), neuron behind the layer and before it."""
        old, new = self.change.old, self.change.new
        return _pairs(old, old.keys[~new.contains(old.keys)])

    @property
    def born(self) -> KeyArray:
        """Connections that are new: (n_born, 2), neuron behind the layer and before it."""
        return _pairs(self.change.new, self.change.new.keys[self.change.born])

    def __repr__(self) -> str:
        return f"LayerChange({self.layer!r}, n_died={self.n_died}, n_born={self.n_born})"


def _pairs(topology: Topology, keys: KeyArray) -> KeyArray:
    return np.stack(np.divmod(keys, topology.n_pre), axis=1)
