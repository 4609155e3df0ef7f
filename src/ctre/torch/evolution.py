"""Topology updates of a model in training, as an LR scheduler would make them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from ctre._typing import FloatArray
from ctre.errors import InvalidParameterError
from ctre.estimators.rules import Or, RowCount
from ctre.methods import Batches, Method, Recipe, Stage, bound, get_recipe, get_schedule
from ctre.methods.schedules import Schedule
from ctre.network.initialization import Draw, get_weight_init
from ctre.randomness import stream
from ctre.topology import Topology, TopologyChange
from ctre.torch.activity import Activations
from ctre.torch.changes import LayerChange
from ctre.torch.checks import COUNT, FRACTION, WHOLE, require, require_module, require_optimizer
from ctre.torch.evidence import ModelEvidence, RowSource
from ctre.torch.layers import Layer
from ctre.torch.model_layers import layers_of, unwrapped
from ctre.torch.processes import Processes
from ctre.torch.progress import Progress, changes_sizes, require_no_end
from ctre.training import Evolver
from ctre.vocabulary import ScheduleName, WeightInitName


class Evolution:
    """Updates the topologies of a model's sparse layers while an optimizer trains it.

    Call `step` after every ``optimizer.step()``. Survivors keep their weight and what the optimizer
    remembers of them; newborn connections begin anew.

    Parameters
    ----------
    model : Module
        With `SparseLinear` layers or masked convolutions; compiled or in
        ``DistributedDataParallel`` or not.
    optimizer : Optimizer
        That trains it; made once the model was sparse. LBFGS is refused.
    method : str, Recipe or Method, default="ctre-sim"
        A name of ``ctre methods``, or a policy of one's own.
    update_interval : int, default=100
        Steps of the optimizer from one update to the next.
    update_until : float in [0, 1], default=1.0
        Share of ``n_steps`` after which topologies are left alone (dimensionless).
    n_steps : int, optional
        Steps that the training will take: what shares and schedules are of. It may be left out
        where the method, ``update_until`` and the schedule do without.
    drop_fraction : float in [0, 1], default=0.3
        Share of the connections that is replaced (dimensionless).
    drop_fraction_schedule : {"constant", "cosine", "linear", "step"} or callable
        How that share falls, by default not at all: a factor, of the share of training that is
        done.
    evidence : tensor, loader or callable, optional
        What activations are measured on: rows for the model; a loader, whose batches are such rows
        or begin with them, one for each update; or a callable that is given the model and runs it.
        Default: the last batch again. Error signals are those of training.
    activation : callable or mapping of str to callable, optional
        What becomes of the input sums of the layers, or of those named, such as ``{"head":
        torch.nn.Softmax(-1)}``. By default each layer's answer is followed through all that the
        model computes of it element by element.
    similarity_samples : int, float or None, default=128
        Rows that activations are compared on: a number, a share of them, or all.
    similarity_candidates : int or None, default=None
        Random absent pairs that are measured for each connection to grow; None: all.
    patience : int, default=40
        Calls of `record_score` without a better score after which training counts as stalled.
    layers : sequence of str, optional
        Names of the layers to update; default: all sparse ones.
    weight_init : {"uniform", "normal"} or callable, default="uniform"
        What a newborn connection weighs, where the method does not say zero.
    seed : int, default=0
        Decides everything that is left to chance.
    process_group : ProcessGroup, optional
        The processes that train the model together; the first one decides.

    Raises
    ------
    InvalidParameterError, UnknownNameError
        If a parameter cannot be what it is, or the model has no such layer.

    Notes
    -----
    A step that a gradient scaler skips does not count. Gradients are not needed after the step;
    those that are there are carried over as the optimizer's memory is.

    Examples
    --------
    >>> import torch
    >>> from ctre.torch import Evolution, SparseLinear
    >>> model = torch.nn.Sequential(SparseLinear(20, 30, density=0.2), torch.nn.ReLU())
    >>> optimizer = torch.optim.AdamW(model.parameters())
    >>> evolution = Evolution(model, optimizer, method="set", update_interval=1)
    >>> model(torch.rand(8, 20)).sum().backward()
    >>> optimizer.step()
    >>> [change.n_born <= 36 for change in evolution.step()]
    [True]
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        method: str | Recipe | Method = "ctre-sim",
        *,
        update_interval: int = 100,
        update_until: float = 1.0,
        n_steps: int | None = None,
        drop_fraction: float = 0.3,
        drop_fraction_schedule: ScheduleName | Schedule = "constant",
        evidence: RowSource | None = None,
        activation: Activations | None = None,
        similarity_samples: int | float | None = 128,
        similarity_candidates: int | None = None,
        patience: int = 40,
        layers: Sequence[str] | None = None,
        weight_init: WeightInitName | Draw = "uniform",
        seed: int = 0,
        process_group: Any = None,
    ) -> None:
        require_module(model)
        require_optimizer(optimizer)
        require("update_interval", COUNT, update_interval)
        require("update_until", FRACTION, update_until)
        require("n_steps", Or(COUNT, None), n_steps)
        require("drop_fraction", FRACTION, drop_fraction)
        require("similarity_samples", Or(RowCount(), None), similarity_samples)
        require("similarity_candidates", Or(COUNT, None), similarity_candidates)
        require("patience", COUNT, patience)
        require("seed", WHOLE, seed)
        schedule = (
            drop_fraction_schedule
            if callable(drop_fraction_schedule)
            else get_schedule(drop_fraction_schedule)
        )
        self.method = _bound_method(
            method,
            {
                "update_interval": update_interval,
                "update_until": update_until,
                "drop_fraction": drop_fraction,
                "drop_fraction_schedule": schedule,
                "patience": patience,
                "sample_size": similarity_samples,
                "candidates": similarity_candidates,
            },
        )
        if n_steps is None:
            require_no_end(self.method, update_until, schedule)

        bare = unwrapped(model)
        self.layers = layers_of(bare, optimizer, layers)
        seeds = np.random.SeedSequence(seed)
        self._evidence_rng = stream(seeds, "evidence rows")
        self._evidence = ModelEvidence(bare, self.layers, evidence, activation, self._evidence_rng)
        self._processes = Processes(process_group)
        if self._processes.count > 1 and changes_sizes(self.method):
            raise InvalidParameterError(
                "method must keep the number of connections where several processes train a "
                "model, and gradual pruning does not. Prune in one process, or use another method."
            )
        self._evolver: Evolver | None = None
        if self.method is not None:
            draw = weight_init if callable(weight_init) else get_weight_init(weight_init).newborn
            budgets = [layer.budget for layer in self.layers]
            self._evolver = Evolver(self.method, budgets, draw, seeds)
            self._evidence.remember_inputs()
        self._progress = Progress(optimizer, n_steps)
        self._check(self._progress.stage(1))
        self._watch_if_wanted()

    @property
    def n_steps_done(self) -> int:
        """Steps that the optimizer has made, without those that were skipped."""
        return self._progress.n_done

    def step(self) -> list[LayerChange]:
        """Update every layer, if it is time; to be called after each step of the optimizer.

        Returns
        -------
        list of LayerChange
            What was done to each layer; empty if no update was due.

        Raises
        ------
        InvalidParameterError
            If the method reads what cannot be had of this model.
        """
        stages = list(self._progress.new_stages())
        self._evidence.end_batch(was_trained=bool(stages))
        due = [stage for stage in stages if self._is_due(stage)]
        changes = self._update(due[-1]) if due else []
        self._watch_if_wanted()
        return changes

    def record_score(self, score: float) -> None:
        """Tell a validation score, the higher the better: what "until it stalls" is judged by."""
        self._progress.record_score(score)

    def state_dict(self) -> dict[str, Any]:
        """Give all that it remembers; the connections are in the model's own."""
        return {**self._progress.state_dict(), "generators": self._generator_states()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state; model and optimizer load theirs before.

        Raises
        ------
        InvalidParameterError
            If it is not what `state_dict` gives; nothing is loaded then.
        """
        mine = self.state_dict()
        if not (
            isinstance(state, dict)
            and state.keys() == mine.keys()
            and state["generators"].keys() == mine["generators"].keys()
        ):
            got = ", ".join(map(str, state)) if isinstance(state, dict) else type(state).__name__
            raise InvalidParameterError(
                "state must be what state_dict() of an evolution gave, with "
                f"{', '.join(mine)} of the same method, got {got or 'nothing'}."
            )
        self._progress.load_state_dict(state)
        self._set_generators(state["generators"])
        self._evidence.forget()
        self._watch_if_wanted()

    def _is_due(self, stage: Stage) -> bool:
        return self.method is not None and self.method.timing.is_due(stage)

    def _watch_if_wanted(self) -> None:
        """Watch the error signals of the batches before an update, if it will read them."""
        n_wanted = 0
        for n_ahead in itertools.count(1):
            stage = self._progress.stage(self.n_steps_done + n_ahead)
            n_read = 0 if self.method is None else _batches_read(self.method, stage)
            if n_read < n_ahead:
                break
            if self._is_due(stage):
                n_wanted = n_read
                break
        if n_wanted:
            self._evidence.expect(n_wanted)
        else:
            self._evidence.forget()

    def _update(self, stage: Stage) -> list[LayerChange]:
        decision = self._processes.decided(lambda: self._decide(stage))
        if not self._processes.decides:
            for layer, done in zip(self.layers, decision.layers, strict=True):
                layer.apply(done.change.change, done.newborn)
            self._set_generators(decision.generators)
        return [done.change for done in decision.layers]

    def _decide(self, stage: Stage) -> _Decision:
        assert self._evolver is not None
        self._check(stage)
        self._evolver.n_threads = torch.get_num_threads()
        recorded = [_Recorded(layer) for layer in self.layers]
        evolutions = self._evolver.update(recorded, stage, self._evidence)
        return _Decision(
            [
                _Done(
                    LayerChange(layer.name, done.change, done.n_regrown, done.n_random),
                    record.newborn,
                )
                for layer, done, record in zip(self.layers, evolutions, recorded, strict=True)
            ],
            self._generator_states(),
        )

    def _check(self, stage: Stage) -> None:
        """Refuse a method that reads what a layer does not have."""
        if self.method is None:
            return
        for reads in self.method.needs(stage).values():
            for layer in self.layers:
                layer.check(reads)

    def _generators(self) -> dict[str, np.random.Generator]:
        own = {} if self._evolver is None else self._evolver.generators
        return {**own, "evidence rows": self._evidence_rng}

    def _generator_states(self) -> dict[str, Any]:
        return {name: rng.bit_generator.state for name, rng in self._generators().items()}

    def _set_generators(self, states: dict[str, Any]) -> None:
        for name, rng in self._generators().items():
            rng.bit_generator.state = states[name]


class _Done(NamedTuple):
    change: LayerChange
    newborn: FloatArray


class _Decision(NamedTuple):
    """What one process decided for all."""

    layers: list[_Done]
    generators: dict[str, Any]


class _Recorded:
    """A layer that remembers what its newborn connections were given."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self.newborn: FloatArray = np.empty(0, dtype=np.float32)

    @property
    def topology(self) -> Topology:
        """The layer's."""
        return self._layer.topology

    @property
    def weights(self) -> FloatArray:
        """The layer's."""
        return self._layer.weights

    def apply(self, change: TopologyChange, newborn: FloatArray) -> None:
        """Go over."""
        self.newborn = newborn
        self._layer.apply(change, newborn)


def _bound_method(method: str | Recipe | Method, settings: Mapping[str, object]) -> Method | None:
    recipe = method if isinstance(method, Method) else get_recipe(method)
    return bound(recipe if isinstance(recipe, Method) else recipe.method, settings)


def _batches_read(method: Method, stage: Stage) -> int:
    """Tell how many batches a method reads the error signals of."""
    return max((rows.n for rows in method.needs(stage) if isinstance(rows, Batches)), default=0)
