"""Updates the topologies of whoever owns the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from ctre._typing import FloatArray
from ctre.methods.evidence import Evidence, LayerEvidence, Reads, Rows, Stage
from ctre.methods.evolve import Evolution, Method, evolve
from ctre.randomness import stream
from ctre.topology import Topology, TopologyChange

Observe: TypeAlias = Callable[[Rows, Reads], Sequence[LayerEvidence]]
"""(rows, what is read on them) -> evidence of every layer, first to last."""

DrawWeights: TypeAlias = Callable[[np.random.Generator, int, int, int], FloatArray]
"""(generator, n_pre, n_post, count) -> float32 (count,) weights."""


class Evolvable(Protocol):
    """A layer whose topology can be updated."""

    @property
    def topology(self) -> Topology:
        """Its connections."""
        ...

    @property
    def weights(self) -> FloatArray:
        """Their weights (n_connections,), float32, in key order."""
        ...

    def apply(self, change: TopologyChange, newborn: FloatArray) -> None:
        """Go over to the new topology: carry every per-connection array over.

        The born connections get the weights ``newborn`` (n_born,), in key order, and otherwise
        zeros: `TopologyChange.carry` does both.
        """
        ...


class Evolver:
    """Updates the topology of layers by one method, and keeps the generators that it draws from.

    Parameters
    ----------
    method : Method
        What leaves, what arrives, how many, and when; its settings are bound.
    budgets : sequence of int
        Connections that each layer is meant to have.
    draw_newborn : callable
        Draws the weights of new connections, unless the method has them zero.
    seed : numpy.random.SeedSequence
        Decides everything that the method leaves to chance.
    n_threads : int, default=1
        Threads a policy may use; no result depends on it.
    """

    def __init__(
        self,
        method: Method,
        budgets: Sequence[int],
        draw_newborn: DrawWeights,
        seed: np.random.SeedSequence,
        n_threads: int = 1,
    ) -> None:
        self.method, self.budgets, self.n_threads = method, tuple(budgets), n_threads
        self._draw_newborn = draw_newborn
        self._growth_rng = stream(seed, "growth")
        self._newborn_rng = stream(seed, "newborn weights")

    @property
    def generators(self) -> Mapping[str, np.random.Generator]:
        """What it draws from, by name: the whole of its state."""
        return {"growth": self._growth_rng, "newborn": self._newborn_rng}

    def update(
        self, layers: Sequence[Evolvable], stage: Stage, observe: Observe
    ) -> list[Evolution]:
        """Update every layer, if it is time.

        Parameters
        ----------
        layers : sequence of Evolvable
            First to last; they go over to their new topologies.
        stage : Stage
            How far training has come.
        observe : callable
            Gathers evidence on the rows that the method asks for; called before any layer changes.

        Returns
        -------
        list of Evolution
            What was done to each layer; empty if no update was due.
        """
        return (
            list(self._updates(layers, stage, observe)) if self.method.timing.is_due(stage) else []
        )

    def _updates(
        self, layers: Sequence[Evolvable], stage: Stage, observe: Observe
    ) -> Iterator[Evolution]:
        needs = self.method.needs(stage)
        observed = {rows: observe(rows, reads) for rows, reads in needs.items()}
        for number, (layer, budget) in enumerate(zip(layers, self.budgets, strict=True)):
            evidence = Evidence(
                topology=layer.topology,
                weights=layer.weights,
                rng=self._growth_rng,
                stage=stage,
                budget=budget,
                n_threads=self.n_threads,
                observed={rows: of_layers[number] for rows, of_layers in observed.items()},
            )
            evolution = evolve(evidence, self.method)
            layer.apply(evolution.change, self._newborn(evolution.change))
            yield evolution

    def _newborn(self, change: TopologyChange) -> FloatArray:
        if self.method.newborn == "zero":
            return np.zeros(change.n_born, dtype=np.float32)
        new = change.new
        return self._draw_newborn(self._newborn_rng, new.n_pre, new.n_post, change.n_born)
