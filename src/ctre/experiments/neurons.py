"""What neurons do and how they are wired: dead, unreachable, and of which degree."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre.kernels import Samples
from ctre.network import SparseNetwork

BoolArray: TypeAlias = NDArray[np.bool_]

_BLOCK = 4096  # rows that go through the network at a time


def dead_neurons(network: SparseNetwork, samples: Samples, n_threads: int = 1) -> list[BoolArray]:
    """Tell which hidden neurons stay silent: activation zero on every row.

    Parameters
    ----------
    network : SparseNetwork
        A trained network.
    samples : float32 array or CSR of shape (n_rows, n_features)
        Scaled rows.
    n_threads : int, default=1
        The result does not depend on it.

    Returns
    -------
    list of bool arrays of shape (n_neurons,)
        One for each hidden layer.
    """
    is_dead = [np.ones(size, dtype=bool) for size in network.layer_sizes[1:-1]]
    for start in range(0, samples.shape[0], _BLOCK):
        *hidden, _ = network.activations(samples[start : start + _BLOCK], n_threads)
        for still_dead, values in zip(is_dead, hidden, strict=True):
            still_dead &= ~values.any(axis=0)
    return is_dead


class Reachability(NamedTuple):
    """Which neurons lie on a path of connections; one array a layer, inputs first."""

    from_inputs: tuple[BoolArray, ...]
    """Whether some input leads to the neuron; without one its activation is constant."""
    to_outputs: tuple[BoolArray, ...]
    """Whether the neuron leads to some output; without one nobody reads it."""

    @property
    def n_unreachable(self) -> int:
        """Number of hidden neurons that lie on no path from an input to an output."""
        hidden = list(zip(self.from_inputs, self.to_outputs, strict=True))[1:-1]
        return sum(int(np.count_nonzero(~(begins & ends))) for begins, ends in hidden)


def reachability(network: SparseNetwork) -> Reachability:
    """Follow the connections from the inputs forwards and from the outputs backwards.

    What a connection weighs plays no role. Time and memory O(n_connections).
    """
    topologies = [layer.topology for layer in network.layers]
    from_inputs = [np.ones(topologies[0].n_pre, dtype=bool)]
    for topology in topologies:
        reached = np.zeros(topology.n_post, dtype=bool)
        reached[topology.post_indices[from_inputs[-1][topology.indices]]] = True
        from_inputs.append(reached)
    to_outputs = [np.ones(topologies[-1].n_post, dtype=bool)]
    for topology in reversed(topologies):
        reached = np.zeros(topology.n_pre, dtype=bool)
        reached[topology.indices[to_outputs[-1][topology.post_indices]]] = True
        to_outputs.append(reached)
    return Reachability(tuple(from_inputs), tuple(to_outputs[::-1]))


class DegreeDistribution(NamedTuple):
    """How many neurons of a layer have 0, 1, 2, … connections; int64 arrays."""

    incoming: NDArray[np.int64]
    """Entry k counts the neurons that k connections enter."""
    outgoing: NDArray[np.int64]
    """Entry k counts the neurons that k connections leave."""


def degree_distributions(network: SparseNetwork) -> list[DegreeDistribution]:
    """Count neurons by degree, for every layer of neurons, inputs first.

    No connection enters an input or leaves an output: all of those have degree 0 there.
    """
    topologies = [layer.topology for layer in network.layers]
    outside_first, *sizes = network.layer_sizes
    incoming = [np.array([outside_first]), *(np.bincount(t.in_degrees) for t in topologies)]
    outgoing = [*(np.bincount(t.out_degrees) for t in topologies), np.array([sizes[-1]])]
    return [DegreeDistribution(*both) for both in zip(incoming, outgoing, strict=True)]
