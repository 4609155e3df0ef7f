"""Many methods on the same data with several seeds: the runs, one by one, and where they are kept.

::

    comparison = Comparison(data, ["ctre-seq", "set"], n_seeds=3, keywords={}, folder=folder)
    for job in comparison.pending:
        comparison.run(job)
    summaries = summarize(comparison.rows, curves_of(comparison.points))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ctre.errors import TrainingDivergedError
from ctre.estimators import SparseMLPClassifier
from ctre.experiments.cost import count_multiply_adds
from ctre.experiments.data import StudyData
from ctre.experiments.exploration import Exploration
from ctre.experiments.folder import ROWS_FILE, claim, settings_of
from ctre.experiments.jobs import check_methods, pending, rows_of
from ctre.experiments.neurons import dead_neurons, reachability
from ctre.experiments.tables import Table
from ctre.training import Callback, ScoreCurve

CURVES_FILE = "curves.csv"


class Job(NamedTuple):
    """A training that is to be done."""

    method: str
    seed: int


class RunRow(NamedTuple):
    """A training that is done."""

    method: str
    seed: int
    test_accuracy: float
    """At the epoch of the best validation accuracy."""
    validation_accuracy: float | None
    best_epoch: int
    n_connections: int
    density: float
    exploration_rate: float
    """Share of all places that ever held a connection."""
    n_dead: int
    """Hidden neurons of that epoch's network that are silent on every test row."""
    n_unreachable: int
    """Hidden neurons on no path from an input to an output."""
    seconds_train: float
    """Of all epochs, as the other two."""
    seconds_evolve: float
    seconds_validate: float
    forward: float
    """Multiply-adds, mean over the epochs, as the other three; see `ctre.experiments.cost`."""
    backward: float
    step: float
    evolve: float


class CurvePoint(NamedTuple):
    """One epoch of a training that is done."""

    method: str
    seed: int
    epoch: int
    train_loss: float
    validation_accuracy: float | None
    test_loss: float
    test_accuracy: float


class Comparison:
    """Trainings of every method with every seed, each of which is done once.

    Parameters
    ----------
    data : StudyData
        What to train and test on.
    methods : sequence of str
        Names of recipes.
    n_seeds : int
        Seeds 0 … n_seeds - 1 are trained, each with all methods before the next.
    keywords : mapping
        Keywords of the estimator, but for method and seed.
    folder : Path, optional
        Where rows.csv and curves.csv are kept; runs found there count as done. More methods and
        seeds may be asked for than last time, but nothing else may differ.

    Raises
    ------
    UnknownNameError
        If there is no such method.
    InvalidParameterError
        If a method is named twice, or the runs in the folder were made in another way.
    InvalidDataError
        If the files in the folder are damaged.
    """

    def __init__(
        self,
        data: StudyData,
        methods: Sequence[str],
        n_seeds: int,
        keywords: Mapping[str, Any],
        folder: Path | None = None,
    ) -> None:
        check_methods(methods)
        self.data, self.keywords = data, keywords
        self.jobs = [Job(method, seed) for seed in range(n_seeds) for method in methods]
        if folder is not None:
            claim(folder, settings_of(data, keywords))
        self._rows = Table(RunRow, folder and folder / ROWS_FILE)
        self._points = Table(CurvePoint, folder and folder / CURVES_FILE)
        # A run is done if both files say so: the process may have ended between them.
        done = {row[:2] for row in self._rows.rows} & {point[:2] for point in self._points.rows}
        self._rows.keep(lambda row: row[:2] in done)
        self._points.keep(lambda point: point[:2] in done)

    @property
    def pending(self) -> list[Job]:
        """What is not done yet, in the order to do it."""
        return pending(self.jobs, self._rows.rows)

    @property
    def rows(self) -> list[RunRow]:
        """What is done of what was asked for, in that order."""
        return rows_of(self.jobs, self._rows.rows)

    @property
    def points(self) -> list[CurvePoint]:
        """Its epochs."""
        return rows_of(self.jobs, self._points.rows)

    def run(self, job: Job, callbacks: Sequence[Callback] = ()) -> None:
        """Train, measure, and keep the outcome.

        Raises
        ------
        TrainingDivergedError
            If the loss stops being finite; the message names the method and the seed.
        OSError
            If the outcome cannot be written.
        """
        data, exploration = self.data, Exploration()
        curve = ScoreCurve(data.X_test, data.y_test)
        model = SparseMLPClassifier(
            **{
                **self.keywords,
                "method": job.method,
                "random_state": job.seed,
                "callbacks": (exploration, curve, *callbacks),
            }
        )
        try:
            model.fit(data.X_train, data.y_train)
        except TrainingDivergedError as error:
            raise TrainingDivergedError(f"{job.method}, seed {job.seed}: {error}") from error
        self._points.append(_points(job, model, curve))
        self._rows.append([_row(job, model, exploration, curve, data)])


def _row(
    job: Job,
    model: SparseMLPClassifier,
    exploration: Exploration,
    curve: ScoreCurve,
    data: StudyData,
) -> RunRow:
    history, best = model.history_, model.history_.best
    is_dead = dead_neurons(model.network_, model.scaling_.apply(data.X_test), model.n_threads_)
    cost = count_multiply_adds(history, exploration.plan, exploration.settings)
    return RunRow(
        *job,
        test_accuracy=curve.scores[best.epoch - 1],
        validation_accuracy=best.validation_score,
        best_epoch=best.epoch,
        n_connections=model.n_connections_,
        density=model.density_,
        exploration_rate=exploration.rate,
        n_dead=sum(int(layer.sum()) for layer in is_dead),
        n_unreachable=reachability(model.network_).n_unreachable,
        seconds_train=sum(history.column("seconds_train")),
        seconds_evolve=sum(history.column("seconds_evolve")),
        seconds_validate=sum(history.column("seconds_validate")),
        **cost._asdict(),
    )


def _points(job: Job, model: SparseMLPClassifier, curve: ScoreCurve) -> list[CurvePoint]:
    own = map(model.history_.column, ("epoch", "train_loss", "validation_score"))
    columns = zip(*own, curve.losses, curve.scores, strict=True)
    return [CurvePoint(*job, *values) for values in columns]
