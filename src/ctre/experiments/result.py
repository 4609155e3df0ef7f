"""What an experiment brings: numbers of the training, of its epochs, and of taking it apart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import NamedTuple


class Outcome(NamedTuple):
    """What was reached; the same on every machine that computes alike."""

    test_accuracy: float
    """At the epoch of the best validation accuracy, as the next two."""
    test_loss: float
    validation_accuracy: float | None
    best_epoch: int
    n_epochs: int
    n_connections: int
    density: float
    exploration_rate: float
    """Share of all places that ever held a connection."""
    random_share: float | None
    """Share of the grown connections that were placed at random; None if none was grown."""
    n_dead: int
    """Hidden neurons of the kept network that are silent on every test row."""
    n_unreachable: int
    """Hidden neurons on no path from an input to an output."""
    forward: float
    """Multiply-adds, mean over the epochs, as the other three; see `ctre.experiments.cost`."""
    backward: float
    step: float
    evolve: float


class Seconds(NamedTuple):
    """What it took, of wall-clock time: never the same twice."""

    train: float
    """Of all epochs, as the next two."""
    evolve: float
    validate: float
    total: float
    """Of the whole experiment but for loading the rows."""


class EpochPoint(NamedTuple):
    """One epoch."""

    epoch: int
    train_loss: float
    validation_accuracy: float | None
    test_loss: float
    test_accuracy: float
    seconds: float
    """Of training and evolving."""


class PrunePoint(NamedTuple):
    """How accurate the network is, once so many of its connections have left."""

    criterion: str
    order: str
    removed: float
    """Share of the connections of every layer."""
    test_accuracy: float


class Made(NamedTuple):
    """With what a result was made."""

    ctre: str
    python: str
    numpy: str
    kernels: str
    processor: str


@dataclass(frozen=True)
class Result:
    """What one experiment brought."""

    outcome: Outcome
    seconds: Seconds
    made: Made
    epochs: tuple[EpochPoint, ...] = field(default=(), repr=False)
    pruning: tuple[PrunePoint, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the outcome, in hexadecimal."""
        return digest_of(self.outcome)

    @property
    def points_digest(self) -> str:
        """The same of the epochs and of taking the network apart, without the seconds."""
        epochs = tuple(point._replace(seconds=0.0) for point in self.epochs)
        return digest_of((epochs, self.pruning))


def digest_of(values: object) -> str:
    """Checksum numbers to their last digit."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
