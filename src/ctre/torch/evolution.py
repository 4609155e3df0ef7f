"""Topology updates of a model in training, as an LR scheduler would make them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from ctre._typing import FloatArray
from ctre.errors import InvalidParameterError, UnknownNameError
from ctre.methods import (
    Batches,
    GradualPruning,
    Method,
    Recipe,
    Stage,
    bound,
    get_recipe,
    get_schedule,
)
from ctre.methods.schedules import Schedule, constant
from ctre.network.initialization import Draw, get_weight_init
from ctre.randomness import stream
from ctre.topology import Topology, TopologyChange
from ctre.torch.activity import Activations
from ctre.torch.changes import LayerChange
from ctre.torch.convolution import MaskedLayer, masked_weight_of
from ctre.torch.evidence import ModelEvidence, RowSource
from ctre.torch.layers import Layer, LinearLayer
from ctre.torch.linear import SparseLinear
from ctre.torch.optimizer_state import require_separable
from ctre.torch.processes import Processes
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
        require_separable(optimizer)
        _require_count("update_interval", update_interval)
        if not 0 <= update_until <= 1:
            raise InvalidParameterError(f"update_until must be in [0, 1], got {update_until}.")
        if n_steps is not None:
            _require_count("n_steps", n_steps)
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
        self.n_steps = n_steps
        if n_steps is None:
            _require_no_end(self.method, update_until, schedule)

        self.layers = _layers_of(_unwrapped(model), optimizer, layers)
        seeds = np.random.SeedSequence(seed)
        self._evidence_rng = stream(seeds, "evidence rows")
        self._evidence = ModelEvidence(
            _unwrapped(model), self.layers, evidence, activation, self._evidence_rng
        )
        self._processes = Processes(process_group)
        if self._processes.count > 1 and _changes_sizes(self.method):
            raise InvalidParameterError(
                "method must keep the number of connections where several processes train a "
                "model, and gradual pruning does not. Prune in one process, or use another method."
            )
        self._evolver: Evolver | None = None
        if self.method is not None:
            draw = weight_init if callable(weight_init) else get_weight_init(weight_init).newborn
            budgets = [layer.budget for layer in self.layers]
            self._evolver = Evolver(
                self.method, budgets, draw, seeds, n_threads=torch.get_num_threads()
            )
            self._evidence.remember_inputs()
        self._counter = _StepCounter()
        optimizer.register_step_post_hook(self._counter)
        self.n_steps_done = 0
        """Steps that the optimizer has made, without those that were skipped."""
        self._best_score, self._stall, self._longest_stall = -math.inf, 0, 0
        self._check(self._stage(1))
        self._watch_if_wanted()

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
        steps = range(self.n_steps_done + 1, self._counter.n_steps + 1)
        self.n_steps_done = self._counter.n_steps
        self._evidence.end_batch(was_trained=bool(steps))
        due = [stage for stage in map(self._stage, steps) if self._is_due(stage)]
        changes = self._update(due[-1]) if due else []
        self._watch_if_wanted()
        return changes

    def record_score(self, score: float) -> None:
        """Tell a validation score, the higher the better: what "until it stalls" is judged by."""
        self._stall = 0 if score > self._best_score else self._stall + 1
        self._best_score = max(self._best_score, score)
        self._longest_stall = max(self._longest_stall, self._stall)

    def state_dict(self) -> dict[str, Any]:
        """Give all that it remembers; the connections are in the model's own."""
        return {
            "n_steps_done": self.n_steps_done,
            "best_score": self._best_score,
            "stall": self._stall,
            "longest_stall": self._longest_stall,
            "generators": self._generator_states(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state; model and optimizer load theirs before."""
        self.n_steps_done = self._counter.n_steps = state["n_steps_done"]
        self._best_score, self._stall = state["best_score"], state["stall"]
        self._longest_stall = state["longest_stall"]
        self._set_generators(state["generators"])
        self._evidence.forget()
        self._watch_if_wanted()

    def _stage(self, step: int) -> Stage:
        if self.n_steps is None:
            return _EndlessStage(step, math.inf, self._longest_stall)
        return Stage(step, self.n_steps, self._longest_stall)

    def _is_due(self, stage: Stage) -> bool:
        return self.method is not None and self.method.timing.is_due(stage)

    def _watch_if_wanted(self) -> None:
        """Watch the error signals of the batches before an update, if it will read them."""
        n_wanted = 0
        for n_ahead in itertools.count(1):
            stage = self._stage(self.n_steps_done + n_ahead)
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


class _EndlessStage(Stage):
    """A stage of a run whose length nobody told."""

    @property
    def progress(self) -> float:
        """Refuse to tell."""
        raise _needs_n_steps("this method")

    @property
    def begun(self) -> float:
        """Give what a constant schedule does not look at."""
        return 0.0


class _StepCounter:
    """Counts the steps that an optimizer makes."""

    def __init__(self) -> None:
        self.n_steps = 0

    def __call__(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        # A fused optimizer skips by itself, where a gradient scaler found an infinity.
        found = getattr(optimizer, "found_inf", None)
        self.n_steps += 0 if found is not None and bool(found) else 1


def _bound_method(method: str | Recipe | Method, settings: Mapping[str, object]) -> Method | None:
    recipe = method if isinstance(method, Method) else get_recipe(method)
    return bound(recipe if isinstance(recipe, Method) else recipe.method, settings)


def _batches_read(method: Method, stage: Stage) -> int:
    """Tell how many batches a method reads the error signals of."""
    return max((rows.n for rows in method.needs(stage) if isinstance(rows, Batches)), default=0)


def _require_no_end(method: Method | None, update_until: float, schedule: Schedule) -> None:
    """Refuse what is a share of a training whose length is not known."""
    if update_until < 1:
        raise _needs_n_steps(f"update_until={update_until}, a share of them")
    if schedule is not constant:
        raise _needs_n_steps("a drop_fraction_schedule other than 'constant'")
    if _changes_sizes(method):
        raise _needs_n_steps("gradual pruning")


def _changes_sizes(method: Method | None) -> bool:
    return method is not None and isinstance(method.pace, GradualPruning)


def _needs_n_steps(what: str) -> InvalidParameterError:
    return InvalidParameterError(
        f"n_steps must be given for {what}, got None. Say how many steps the optimizer will take: "
        "n_steps=n_epochs * len(loader)."
    )


def _require_count(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidParameterError(f"{name} must be an integer of at least 1, got {value!r}.")


def _unwrapped(model: nn.Module) -> nn.Module:
    """Take off what a compiler or data parallelism put around a model."""
    while isinstance(
        inner := getattr(model, "_orig_mod", getattr(model, "module", None)), nn.Module
    ):
        model = inner
    return model


def _layers_of(
    model: nn.Module, optimizer: torch.optim.Optimizer, names: Sequence[str] | None
) -> list[Layer]:
    found: dict[str, Layer] = {}
    for name, module in model.named_modules():
        if isinstance(module, SparseLinear):
            found[name] = LinearLayer(name, module, optimizer)
        elif masked_weight_of(module) is not None:
            found[name] = MaskedLayer(name, module, optimizer)
    for name in names or ():
        if name not in found:
            raise UnknownNameError("sparse layer", name, found)
    layers = [layer for name, layer in found.items() if names is None or name in names]
    if not layers:
        raise InvalidParameterError(
            "model must have a sparse layer, got none. Build it with SparseLinear, or call "
            "sparsify_(model, density=...) first."
        )
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    for layer in layers:
        if id(layer.parameter) not in trained:
            raise InvalidParameterError(
                f"optimizer must train layer {layer.name!r}, and does not. Make it after the "
                "model became sparse, or leave the layer out of layers=."
            )
    return layers
