"""Evidence of a model's layers, as policies ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from ctre.errors import InvalidParameterError
from ctre.methods.evidence import Batches, LayerEvidence, Reads, Rows
from ctre.torch.activity import Activations, RunModel, activity, require_activation
from ctre.torch.layers import Layer

RowSource: TypeAlias = torch.Tensor | Iterable[Any] | Callable[[nn.Module], object]
"""A tensor of rows; a loader, whose batches are inputs or begin with them; or what runs a model."""


class _LastInputs:
    """Remembers what a model was last called with."""

    def __init__(self) -> None:
        self.args: tuple[Any, ...] | None = None
        self.kwargs: dict[str, Any] = {}

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if module.training:
            self.args, self.kwargs = args, kwargs

    def run(self, model: nn.Module) -> None:
        if self.args is None:
            raise InvalidParameterError(
                "evidence must be given where the model itself is not called in training, got "
                "none. Give evidence=, a tensor, a loader or a callable."
            )
        model(*self.args, **self.kwargs)

    def __deepcopy__(self, memo: Any) -> _LastInputs:  # a copy of the model has its own batches
        return _LastInputs()

    def __reduce__(self) -> tuple[type[_LastInputs], tuple[()]]:
        return _LastInputs, ()


class ModelEvidence:
    """Gathers what a policy reads, on the rows that it asks for.

    Activations (`Sample`) come from one pass without gradients over rows of the user's, or over the
    last batch again. Error signals (`Batches`) are caught as training goes backward: `expect`
    opens the watches before the batch, `end_batch` closes it.

    Parameters
    ----------
    model, layers
        Whose layers are observed.
    source : tensor, loader, callable or None
        Where rows come from.
    activation : callable, mapping or None
        What becomes of input sums.
    rng : numpy.random.Generator
        Draws rows.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Sequence[Layer],
        source: RowSource | None,
        activation: Activations | None,
        rng: np.random.Generator,
    ) -> None:
        if not (source is None or callable(source) or isinstance(source, Iterable)):
            raise InvalidParameterError(
                f"evidence must be a tensor, a loader or a function that runs the model, got "
                f"{type(source).__name__}."
            )
        require_activation(activation, layers)
        self.model, self.layers, self.source = model, layers, source
        self.activation, self.rng = activation, rng
        self._batches: Iterator[Any] | None = None
        self._last = _LastInputs()

    def remember_inputs(self) -> None:
        """Keep what the model is called with, for a pass over it again."""
        if self.source is None:
            self.model.register_forward_pre_hook(self._last, with_kwargs=True)

    def expect(self, n_batches: int) -> None:
        """Watch what goes backward from now on, of the latest batches."""
        for layer in self.layers:
            layer.watch.open()
            layer.watch.keep(n_batches)

    def end_batch(self, *, was_trained: bool) -> None:
        """End a batch; what it let be caught counts only if a step was made of it."""
        for layer in self.layers:
            if was_trained:
                layer.watch.end_batch()
            else:
                layer.watch.forget_batch()

    def forget(self) -> None:
        """Watch no more."""
        for layer in self.layers:
            layer.watch.close()

    def __call__(self, rows: Rows, reads: Reads) -> list[LayerEvidence]:
        """Give the evidence of every layer, first to last."""
        if isinstance(rows, Batches):
            if "post" not in reads:
                return [self._caught(layer, rows) for layer in self.layers]
        elif "error" not in reads:
            size = rows.size
            around = activity(
                self.model, self.layers, self._runner(size), self.activation, size, self.rng
            )
            return [LayerEvidence(pre, post) for pre, post in around]
        raise InvalidParameterError(
            "A policy must read activations on a Sample, or inputs and error signals on Batches, "
            f"got {', '.join(sorted(reads))} on {rows}."
        )

    def _caught(self, layer: Layer, rows: Batches) -> LayerEvidence:
        batches = [batch for batch in layer.watch.batches[-rows.n :] if batch]
        if not batches:
            raise InvalidParameterError(
                f"Layer {layer.name!r} must be trained before an update that reads its error "
                "signals, and nothing went backward through it. Leave it out of layers=, or let "
                "its weights require gradients."
            )
        signals = [layer.signals(batch) for batch in reversed(batches)]  # the latest first
        return LayerEvidence(
            pre=np.concatenate([pre for pre, _ in signals]),
            error=np.concatenate(
                [error * np.float32(rows.decay**age) for age, (_, error) in enumerate(signals)]
            ),
        )

    def _runner(self, size: int | float | None) -> RunModel:
        source = self.source
        if source is None:
            return self._last.run
        if isinstance(source, torch.Tensor):
            return lambda model: model(self._drawn(source, size))
        if callable(source):
            return source
        return lambda model: model(self._next_batch(source))

    def _drawn(self, rows: torch.Tensor, size: int | float | None) -> torch.Tensor:
        wanted = len(rows) if size is None else size if size >= 1 else size * len(rows)
        count = max(1, round(wanted))
        if count >= len(rows):
            return rows
        some = np.sort(self.rng.choice(len(rows), size=count, replace=False))
        return rows[torch.from_numpy(some).to(rows.device)]

    def _next_batch(self, loader: Iterable[Any]) -> torch.Tensor:
        if self._batches is None:
            self._batches = iter(loader)
        try:
            batch = next(self._batches)
        except StopIteration:
            self._batches = iter(loader)
            batch = next(self._batches, None)
        if batch is None:
            raise InvalidParameterError(
                "evidence must have a batch for every update, and has none left. Give a loader "
                "that can be gone through again, such as a DataLoader or a list."
            )
        first = batch[0] if isinstance(batch, tuple | list) else batch
        if not isinstance(first, torch.Tensor):
            raise InvalidParameterError(
                "evidence must be a loader whose batches are tensors or begin with one, got "
                f"{type(first).__name__}. Give a callable that runs the model instead."
            )
        return first.to(self.layers[0].parameter.device)
