"""Layers as branches of a file's tree, and back; no index reaches a kernel unchecked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctre.network.layer import SparseLayer
from ctre.topology import Topology
from ctre.tree_file import Branch, require


def stored_layer(layer: SparseLayer) -> dict[str, Any]:
    """Copy what a layer needs for prediction.

    ::

        indptr   int32    (n_post + 1,)         connections in CSC form, see `ctre.topology`
        indices  int32    (n_connections,)
        weights  float32  (n_connections,)
        biases   float32  (n_post,)
    """
    return {
        "indptr": layer.topology.indptr.copy(),
        "indices": layer.topology.indices.copy(),
        "weights": layer.weights.copy(),
        "biases": layer.biases.copy(),
    }


def stored_slots(layer: SparseLayer) -> dict[str, Any]:
    """Copy the memory of the optimizer: arrays as long as the weights, and as the biases."""
    return {
        "weight_slots": [slot.copy() for slot in layer.weight_slots],
        "bias_slots": [slot.copy() for slot in layer.bias_slots],
    }


def restored_layer(stored: Branch, n_pre: int, n_post: int, n_slots: int = 0) -> SparseLayer:
    """Make the layer again.

    Parameters
    ----------
    stored : Branch
        What `stored_layer` gave, with `stored_slots` if there are to be any.
    n_pre, n_post : int
        Neurons before and behind it.
    n_slots : int, default=0
        Arrays that the optimizer keeps for the weights, and as many for the biases.

    Raises
    ------
    InvalidDataError
        If an array is missing, of another dtype or shape, or not finite, or if the connections are
        not those of such a layer: sorted, distinct and in range. O(n_connections).
    """
    indptr = stored.array("indptr", np.int32, (n_post + 1,))
    require(
        indptr[0] == 0 and bool(np.all(indptr[1:] >= indptr[:-1])),
        f"{stored.named('indptr')} must start at 0 and never fall.",
    )
    n_connections = int(indptr[-1])
    indices = stored.array("indices", np.int32, (n_connections,))
    require(
        bool(np.all((indices >= 0) & (indices < n_pre))),
        f"{stored.named('indices')} must be in [0, {n_pre}).",
    )
    topology = Topology(n_pre, n_post, indptr, indices)
    require(
        bool(np.all(np.diff(topology.keys) > 0)),
        f"{stored.named('indices')} must ascend within each neuron.",
    )
    slots = {
        name: tuple(stored.arrays(name, n_slots, np.float32, (length,), must_be_finite=False))
        for name, length in (("weight_slots", n_connections), ("bias_slots", n_post))
        if n_slots
    }
    return SparseLayer(
        topology,
        stored.array("weights", np.float32, (n_connections,)),
        stored.array("biases", np.float32, (n_post,)),
        **slots,
    )


def restored_layers(
    stored: Branch, name: str, sizes: tuple[int, ...], n_slots: int = 0
) -> list[SparseLayer]:
    """Make the layers of a list again, which must chain in the given sizes."""
    branches = stored.branches(name, len(sizes) - 1)
    return [
        restored_layer(branch, n_pre, n_post, n_slots)
        for branch, n_pre, n_post in zip(branches, sizes[:-1], sizes[1:], strict=True)
    ]
