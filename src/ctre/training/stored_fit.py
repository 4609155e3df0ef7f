"""What a fit is between two epochs, as a tree of plain values and arrays, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.network import SparseNetwork
from ctre.network.stored import restored_layers, stored_layer, stored_slots
from ctre.training.best import BestSoFar
from ctre.training.history import EpochRecord, History
from ctre.training.stopping import Plateau
from ctre.tree_file import Branch

if TYPE_CHECKING:
    from ctre.training.fit_state import FitState


def stored_training(fit: FitState) -> dict[str, Any]:
    """Copy what a fit of other rows can go on from."""
    return {
        "entropy": fit.seed.entropy,
        "spawn_key": list(fit.seed.spawn_key),
        "budgets": list(fit.settings.budgets),
        "layer_sizes": list(fit.network.layer_sizes),
        "layers": [stored_layer(layer) | stored_slots(layer) for layer in fit.network.layers],
        "generators": {name: rng.bit_generator.state for name, rng in fit.generators.items()},
        "n_steps_done": fit.n_steps_done,
    }


def stored_record(fit: FitState) -> dict[str, Any]:
    """Copy what is known of the way so far."""
    return {
        "best": asdict(fit.best),
        "plateau": asdict(fit.plateau),
        "history": stored_history(fit.history),
        "n_samples_done": fit.n_samples_done,
        "pass_size": fit.pass_size,
    }


def stored_fit(fit: FitState) -> dict[str, Any]:
    """Copy everything that decides how a fit goes on."""
    return {
        **stored_training(fit),
        **stored_record(fit),
        "train_rows": fit.data.train_rows.copy(),
        "validation_rows": fit.data.validation_rows.copy(),
        "kept": [stored_layer(layer) for layer in fit.kept.layers],
        "is_stopped": fit.is_stopped,
    }


def take_over(fit: FitState, stored: Mapping[str, Any]) -> None:
    """Let a fit go on with what `stored_training` gave, all of it or nothing.

    Raises
    ------
    InvalidDataError
        If it is not of such a network.
    """
    tree = Branch(stored)
    n_stored = len(tree.branches("layers")[0].sequence("weight_slots"))
    layers = restored_layers(tree, "layers", fit.network.layer_sizes, n_stored)
    n_steps_done = tree.integer("n_steps_done", 0)
    generators = tree.branch("generators")
    known = {name: rng for name, rng in fit.generators.items() if name in generators}
    for name, rng in known.items():
        _restore_generator(type(rng.bit_generator)(0), generators, name)

    for name, rng in known.items():
        _restore_generator(rng.bit_generator, generators, name)
    for layer, restored in zip(fit.network.layers, layers, strict=True):
        layer.__dict__.update(vars(restored))
    fit.n_steps_done = n_steps_done
    if n_stored != fit.n_slots:  # of another solver
        fit.network.reset_slots(fit.n_slots)
        fit.n_steps_done = 0


def remember(fit: FitState, stored: Mapping[str, Any]) -> None:
    """Let a fit go on counting where `stored_record` left off, all of it or nothing.

    Raises
    ------
    InvalidDataError
        If it is not that.
    """
    tree = Branch(stored)
    n_layers = len(fit.network.layers)
    best = _restored_best(tree.branch("best"), n_layers)
    plateau = _restored_plateau(tree.branch("plateau"), n_layers)
    history = restored_history(tree.branch("history"), n_layers)
    n_most = fit.settings.n_epochs
    tree.require("history", len(history) <= n_most, f"of {n_most} epochs at most", len(history))
    fit.n_samples_done, fit.pass_size = (
        tree.integer("n_samples_done", 0), tree.integer("pass_size", 1)
    )  # fmt: skip
    fit.best, fit.plateau, fit.history = best, plateau, history


def restore_fit(fit: FitState, stored: Mapping[str, Any]) -> None:
    """Bring a fit into a state that `stored_fit` gave; all of it, or nothing if that is refused.

    Raises
    ------
    InvalidParameterError
        If it is the state of another fit.
    InvalidDataError
        If it is no state.
    """
    tree = Branch(stored)
    _check_origin(fit, tree)
    sizes = fit.network.layer_sizes
    for layer in tree.branches("layers"):
        layer.sequence("weight_slots", fit.n_slots)
    kept = SparseNetwork(
        restored_layers(tree, "kept", sizes), fit.network.activation, fit.network.loss
    )
    is_stopped = tree.boolean("is_stopped")
    before = stored_record(fit)
    remember(fit, stored)
    try:
        take_over(fit, stored)
    except InvalidDataError:
        remember(fit, before)
        raise
    fit.kept, fit.is_stopped = kept, is_stopped


def stored_history(history: History) -> dict[str, Any]:
    """Give every column of the records: an array, which is short in a file, unless it has gaps."""
    columns = {entry.name: history.column(entry.name) for entry in fields(EpochRecord)}
    return {
        name: values if None in values else np.array(values) for name, values in columns.items()
    }


def restored_history(stored: Branch, n_layers: int) -> History:
    """Make the records again.

    Raises
    ------
    InvalidDataError
        If a column is missing, longer than others, or of other values than it has.
    """
    n_epochs = len(stored.sequence("epoch"))
    columns = []
    for entry in fields(EpochRecord):
        kind, values = str(entry.type), stored.sequence(entry.name, n_epochs)
        is_fit = all(_KINDS[kind](value, n_layers) for value in values)
        stored.require(entry.name, is_fit, f"a list of {kind}", values)
        columns.append([tuple(value) if isinstance(value, list) else value for value in values])
    records = [EpochRecord(*values) for values in zip(*columns, strict=True)]
    epochs = [record.epoch for record in records]
    stored.require("epoch", epochs == list(range(1, n_epochs + 1)), "1, 2, 3, …", epochs)
    return History(records)


def _is_number(value: object, _: int) -> bool:
    return isinstance(value, float)


def _is_count(value: object, _: int) -> bool:
    return type(value) is int


def _is_number_or_none(value: object, _: int) -> bool:
    return value is None or isinstance(value, float)


def _are_counts(value: object, n_layers: int) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == n_layers
        and all(type(count) is int for count in value)
    )


_KINDS: Mapping[str, Callable[[object, int], bool]] = {
    "int": _is_count,
    "float": _is_number,
    "float | None": _is_number_or_none,
    "tuple[int, ...]": _are_counts,
}
"""What a field of `EpochRecord` may be, by its annotation."""


def _restored_best(stored: Branch, n_layers: int) -> BestSoFar:
    n_connections = stored.value("n_connections")
    is_fit = n_connections is None or _are_counts(n_connections, n_layers)
    stored.require("n_connections", is_fit, f"{n_layers} integers, or null", n_connections)
    return BestSoFar(
        epoch=stored.integer("epoch", 0),
        score=stored.number("score"),
        n_connections=None if n_connections is None else tuple(n_connections),
        stall=stored.integer("stall", 0),
        longest_stall=stored.integer("longest_stall", 0),
    )


def _restored_plateau(stored: Branch, n_layers: int) -> Plateau:
    n_connections = stored.value("n_connections")
    is_fit = n_connections is None or _are_counts(n_connections, n_layers)
    stored.require("n_connections", is_fit, f"{n_layers} integers, or null", n_connections)
    return Plateau(
        best=stored.number("best"),
        n_without=stored.integer("n_without", 0),
        n_connections=None if n_connections is None else tuple(n_connections),
    )


def _restore_generator(generator: np.random.BitGenerator, stored: Branch, name: str) -> None:
    try:
        generator.state = stored.value(name)
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise InvalidDataError(
            f"{stored.named(name)} must be the state of a generator: {error}"
        ) from error


def _check_origin(fit: FitState, stored: Branch) -> None:
    for what, is_same in (
        ("seed", stored.value("entropy") == fit.seed.entropy),
        ("seed", list(stored.sequence("spawn_key")) == list(fit.seed.spawn_key)),
        ("training rows", np.array_equal(stored.value("train_rows"), fit.data.train_rows)),
        (
            "validation rows",
            np.array_equal(stored.value("validation_rows"), fit.data.validation_rows),
        ),
        ("layer sizes", list(stored.sequence("layer_sizes")) == list(fit.network.layer_sizes)),
        ("numbers of connections", list(stored.sequence("budgets")) == list(fit.settings.budgets)),
        ("generators", stored.branch("generators").values.keys() == fit.generators.keys()),
    ):
        if not is_same:
            raise InvalidParameterError(
                f"state must be of the same fit, got one whose {what} differ. Restore it into "
                "a fit of the same data, settings and random_state."
            )
