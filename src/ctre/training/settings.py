"""Everything a fit needs to know that is not data, network, task or chance."""

from __future__ import annotations

from dataclasses import dataclass

from ctre.kernels import SGD, Adam
from ctre.methods.evolve import Method
from ctre.methods.schedules import Schedule
from ctre.training.evolver import DrawWeights
from ctre.training.stopping import Stopping


@dataclass(frozen=True)
class TrainingSettings:
    """How to train."""

    method_name: str
    method: Method | None
    """With its settings bound; None if the topology never changes."""
    optimizer: SGD | Adam
    """Its learning rate is the start value."""
    learning_rate_schedule: Schedule
    n_epochs: float
    """How many there will be; infinite for a stream, whose schedules never fall."""
    batch_size: int
    input_dropout: float
    """Share of its inputs that a row loses at random each time; 0: none."""
    stopping: Stopping | None
    """When to end early; None trains all epochs."""
    budgets: tuple[int, ...]
    """Connections each layer is meant to have."""
    draw_newborn: DrawWeights
    n_threads: int
    """For training and validation."""
    n_update_threads: int
    """For topology updates, whose work is of another size."""
