"""Which connections can leave a trained network: section 5.2 of the paper, figure 4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ctre.estimators import SparseMLPClassifier
from ctre.experiments.data import StudyData
from ctre.experiments.folder import ROWS_FILE, claim, settings_of
from ctre.experiments.jobs import check_methods, pending, rows_of
from ctre.experiments.pruning import CRITERIA, accuracies_while_pruning
from ctre.experiments.tables import Table
from ctre.randomness import stream
from ctre.training import Callback

ORDERS = ("least-first", "most-first")
"""Which end of the importances leaves first."""
ANY_ORDER = "any"
"""Chance knows neither least nor most."""

_ORDERS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"magnitude": ORDERS, "cosine": ORDERS, "random": (ANY_ORDER,)}
)
_N_CURVES = sum(map(len, _ORDERS_OF.values()))


class PruneJob(NamedTuple):
    """A network that is to be trained and taken apart."""

    method: str
    epochs: int
    seed: int


class PruneRow(NamedTuple):
    """How accurate a network is, once so many of its connections have left."""

    method: str
    epochs: int
    seed: int
    criterion: str
    order: str
    removed: float
    """Share of the connections of every layer."""
    test_accuracy: float


class PruneStudy:
    """Networks of some methods, numbers of epochs and seeds, each taken apart in five ways.

    By magnitude and by cosine similarity, the least and the most important connections first, and
    at random.

    Parameters
    ----------
    data : StudyData
        What to train and test on.
    methods : sequence of str
        Names of recipes.
    epochs : sequence of int
        How long the networks are trained; each is a training of its own.
    n_seeds : int
        Seeds 0 … n_seeds - 1.
    keywords : mapping
        Keywords of the estimator, but for method, epochs and seed.
    folder : Path, optional
        Where rows.csv is kept; networks found there count as done. More methods, epochs and seeds
        may be asked for than last time, but nothing else may differ.
    n_steps : int, default=100
        Steps from all connections to none.

    Raises
    ------
    CTREError
        As `Comparison`.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, section 5.2.
    """

    def __init__(
        self,
        data: StudyData,
        methods: Sequence[str],
        epochs: Sequence[int],
        n_seeds: int,
        keywords: Mapping[str, Any],
        folder: Path | None = None,
        *,
        n_steps: int = 100,
    ) -> None:
        check_methods(methods)
        self.data, self.keywords, self.n_steps = data, keywords, n_steps
        self.jobs = [
            PruneJob(method, n_epochs, seed)
            for seed in range(n_seeds)
            for n_epochs in epochs
            for method in methods
        ]
        if folder is not None:
            settings = settings_of(data, keywords)
            del settings["max_iter"]
            claim(folder, settings | {"n_steps": n_steps})
        self._rows = Table(PruneRow, folder and folder / ROWS_FILE)

    @property
    def pending(self) -> list[PruneJob]:
        """What is not done yet, in the order to do it."""
        return pending(self.jobs, self._rows.rows)

    @property
    def rows(self) -> list[PruneRow]:
        """What is done of what was asked for, in that order."""
        return rows_of(self.jobs, self._rows.rows)

    @property
    def n_predictions(self) -> int:
        """How often a job predicts the test rows while its network is taken apart."""
        return _N_CURVES * (self.n_steps + 1)

    def run(
        self,
        job: PruneJob,
        callbacks: Sequence[Callback] = (),
        on_prediction: Callable[[int], None] = lambda n_done: None,  # noqa: ARG005
    ) -> None:
        """Train, take apart, and keep the outcome.

        Parameters
        ----------
        job : PruneJob
            What to do.
        callbacks : sequence of Callback
            Told of the training.
        on_prediction : callable
            Told, after the training, how many of `n_predictions` are done.

        Raises
        ------
        TrainingDivergedError
            If the loss stops being finite.
        OSError
            If the outcome cannot be written.
        """
        model = SparseMLPClassifier(
            **{
                **self.keywords,
                "method": job.method,
                "max_iter": job.epochs,
                "random_state": job.seed,
                "callbacks": callbacks,
            }
        )
        model.fit(self.data.X_train, self.data.y_train)
        rows = []
        for n_done, row in enumerate(self._take_apart(job, model), start=1):
            rows.append(row)
            on_prediction(n_done)
        self._rows.append(rows)

    def _take_apart(self, job: PruneJob, model: SparseMLPClassifier) -> Iterator[PruneRow]:
        data, rng = self.data, stream(np.random.SeedSequence(job.seed), "pruning")
        n_train = data.X_train.shape[0]
        rows = rng.choice(n_train, size=model.similarity_samples_, replace=False)
        samples = model.scaling_.apply(data.X_train[np.sort(rows)])
        test_rows = model.scaling_.apply(data.X_test)
        labels = np.searchsorted(model.classes_, data.y_test).astype(np.int32)
        for criterion, orders in _ORDERS_OF.items():
            importances = CRITERIA[criterion](model.network_, samples, rng)
            for order in orders:
                sign = -1 if order == "most-first" else 1
                accuracies = accuracies_while_pruning(
                    model.network_,
                    [sign * values for values in importances],
                    test_rows,
                    labels,
                    n_steps=self.n_steps,
                    n_threads=model.n_threads_,
                )
                for step, accuracy in enumerate(accuracies):
                    yield PruneRow(*job, criterion, order, step / self.n_steps, accuracy)
