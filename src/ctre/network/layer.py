"""One sparse layer: a topology, and the values that live on its connections and neurons."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctre._typing import FloatArray
from ctre.errors import InvalidParameterError
from ctre.kernels import LayerArrays
from ctre.topology import Topology, TopologyChange


@dataclass(eq=False)
class SparseLayer:
    """A layer of a sparse network.

    Parameters
    ----------
    topology : Topology
        Its connections.
    weights : float32 array of shape (n_connections,)
        In key order; changed in place by training.
    biases : float32 array of shape (n_post,)
        Changed in place by training.
    """

    topology: Topology
    weights: FloatArray
    biases: FloatArray
    weight_slots: tuple[FloatArray, ...] = field(default=(), repr=False)
    bias_slots: tuple[FloatArray, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name, values, n in (
            ("weights", self.weights, self.topology.n_connections),
            ("biases", self.biases, self.topology.n_post),
        ):
            if values.shape != (n,) or values.dtype != np.float32:
                raise InvalidParameterError(
                    f"{name} must be float32 of shape ({n},), got {values.dtype} {values.shape}."
                )

    def reset_slots(self, n_slots: int) -> None:
        """Give the optimizer ``n_slots`` zeros for every weight and bias."""
        self.weight_slots = tuple(np.zeros_like(self.weights) for _ in range(n_slots))
        self.bias_slots = tuple(np.zeros_like(self.biases) for _ in range(n_slots))

    def arrays(self) -> LayerArrays:
        """Give the layer as kernels take it; they may change weights, biases and slots in place."""
        return LayerArrays(
            n_pre=self.topology.n_pre,
            indptr=self.topology.indptr,
            indices=self.topology.indices,
            weights=self.weights,
            biases=self.biases,
            weight_slots=self.weight_slots,
            bias_slots=self.bias_slots,
        )

    def carry_back(self, signals: FloatArray) -> FloatArray:
        """Multiply error signals (n_rows, n_post) by the outgoing weights: (n_rows, n_pre)."""
        errors: FloatArray = (self.topology.as_matrix(self.weights) @ signals.T).T
        return errors

    def apply(self, change: TopologyChange, newborn: FloatArray) -> None:
        """Go over to a new topology: survivors keep weight and momentum.

        Parameters
        ----------
        change : TopologyChange
            From the layer's topology to the next.
        newborn : float32 array of shape (n_born,)
            Weights of the born connections, in key order; their momentum is zero.
        """
        self.weights = change.carry(self.weights, newborn)
        self.weight_slots = tuple(change.carry(slot) for slot in self.weight_slots)
        self.topology = change.new

    def snapshot(self) -> SparseLayer:
        """Copy what prediction needs; the optimizer's slots are left behind."""
        return SparseLayer(self.topology, self.weights.copy(), self.biases.copy())
