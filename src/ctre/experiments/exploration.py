"""How much of a layer a method has tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ctre._typing import KeyArray
from ctre.density import count_places
from ctre.topology import TopologyChange
from ctre.training import Callback, FitPlan, FitState, TrainingSettings


class Exploration(Callback):
    """Counts, while a fit goes on, the places that have ever held a connection.

    Exact; memory O(places ever connected), and as much time for every update.

    Attributes
    ----------
    n_explored : tuple of int
        Places of each layer that hold or held a connection.
    rate : float
        Their share of all places, in (0, 1]: the in-time over-parameterization rate.
    plan : FitPlan
        What the fit was about to do.
    settings : TrainingSettings
        How.

    References
    ----------
    .. [1] Liu et al., "Do We Actually Need Dense Over-Parameterization? In-Time
       Over-Parameterization in Sparse Training", ICML 2021.
    """

    def on_fit_begin(self, state: FitState) -> None:
        """Begin with the first topology, of which only the size is known yet."""
        self.plan: FitPlan = state.plan
        self.settings: TrainingSettings = state.settings
        self.n_explored = state.plan.n_connections
        self._explored: list[KeyArray] = []

    def on_topology_update(self, state: FitState, changes: Sequence[TopologyChange]) -> None:  # noqa: ARG002
        """Add what was born."""
        if not self._explored:
            self._explored = [change.old.keys for change in changes]
        self._explored = [
            _union(keys, change.new.keys[change.born])
            for keys, change in zip(self._explored, changes, strict=True)
        ]
        self.n_explored = tuple(map(len, self._explored))

    def state_dict(self) -> Mapping[str, Any]:
        """Give the places so far; none before the first update."""
        return {"explored": list(self._explored)}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Go on from them."""
        if kept["explored"]:
            self._explored = list(kept["explored"])
            self.n_explored = tuple(map(len, self._explored))

    @property
    def rate(self) -> float:
        """Share of all places that hold or held a connection."""
        return sum(self.n_explored) / sum(count_places(self.plan.layer_sizes))


def _union(keys: KeyArray, others: KeyArray) -> KeyArray:
    """Put the ``others`` that are new where they belong: no sort, as both are in order."""
    places = np.searchsorted(keys, others)
    is_known = places < len(keys)
    is_known[is_known] = keys[places[is_known]] == others[is_known]
    return np.insert(keys, places[~is_known], others[~is_known])
