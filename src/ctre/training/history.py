"""What is remembered of every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ctre.training.best import BestSoFar


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch of training and the topology update after it; tuples have one entry per layer."""

    epoch: int
    """Counted from 1."""
    learning_rate: float
    drop_fraction: float | None
    """Share of the connections to drop after the epoch; None if no share decides that."""
    train_loss: float
    """Mean over the samples, each at the moment it was trained, without the L2 term."""
    train_accuracy: float | None
    """Share of samples classified right at that moment; None unless classes are predicted."""
    validation_loss: float | None
    """None without validation rows."""
    validation_score: float | None
    """Accuracy, or R² for regression; None without validation rows."""
    stall: int
    """Epochs since the validation score (without one, the training loss) last improved."""
    n_connections: tuple[int, ...]
    """Of the network that was trained and validated, before the update."""
    n_died: tuple[int, ...]
    n_born: tuple[int, ...]
    n_regrown: tuple[int, ...]
    """Dropped and chosen again in the same update: by definition survivors."""
    n_random: tuple[int, ...]
    """Connections of the update that were placed at random."""
    seconds_train: float
    seconds_evolve: float
    seconds_validate: float

    @property
    def seconds(self) -> float:
        """Of all three."""
        return self.seconds_train + self.seconds_evolve + self.seconds_validate


class History(Sequence[EpochRecord]):
    """The records of a fit, oldest first."""

    def __init__(self, records: Sequence[EpochRecord] = ()) -> None:
        self._records = list(records)

    @overload
    def __getitem__(self, index: int) -> EpochRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[EpochRecord]: ...
    def __getitem__(self, index: int | slice) -> EpochRecord | Sequence[EpochRecord]:
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[EpochRecord]:
        return iter(self._records)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs)"

    def append(self, record: EpochRecord) -> None:
        """Add the newest record."""
        self._records.append(record)

    def column(self, name: str) -> list[Any]:
        """Give one field of every record, as in ``history.column("train_loss")``."""
        return [getattr(record, name) for record in self._records]

    @property
    def best(self) -> EpochRecord:
        """The record of the best epoch, by the one rule: `ctre.training.best.BestSoFar`."""
        best = BestSoFar()
        for record in self._records:
            best.offer(
                record.epoch, record.n_connections, record.train_loss, record.validation_score
            )
        (found,) = (record for record in self._records if record.epoch == best.epoch)
        return found
