"""Carry out experiments side by side, each once, and write down what they bring as they end.

joblib does them, so whoever calls decides where: processes of this machine, or what
``joblib.parallel_config`` says. The calling process alone writes to the store.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from joblib import Parallel, delayed

from ctre.experiments.claims import STALE_AFTER
from ctre.experiments.experiment import Experiment
from ctre.experiments.result import Result
from ctre.experiments.run import run
from ctre.experiments.run_checkpoint import RunCheckpoint, sweep
from ctre.experiments.store import Store
from ctre.experiments.stored_run import DONE, FAILED, RUNNING
from ctre.training import Callback, FitState

_HEARTBEAT = STALE_AFTER / 6  # seconds
_POLL = 1.0  # seconds between two looks at runs that another process has
_ALONE = {"n_jobs": 2, "pre_dispatch": 1}  # one at a time, yet in a process of its own


class Event(NamedTuple):
    """Something that happened to a run."""

    experiment: Experiment
    what: str
    """The status that it has now."""
    seconds: float | None = None
    """What it took, if it is done."""
    accuracy: float | None = None
    error: str | None = None


OnEvent: TypeAlias = Callable[[Event], None]


def carry_out(
    experiments: Sequence[Experiment],
    store: Store,
    *,
    n_jobs: int | None = 1,
    n_threads: int | None = 1,
    data_home: Path | None = None,
    retry_failed: bool = False,
    callbacks: Sequence[Callback] = (),
    on_event: OnEvent = lambda event: None,  # noqa: ARG005
) -> None:
    """Do what is not done yet; afterwards every experiment is done or failed.

    Parameters
    ----------
    experiments : sequence of Experiment
        In the order to do them.
    store : Store
        Where results go as they come. What it has is not done again, and what another process is
        doing is waited for.
    n_jobs : int, default=1
        How many at a time, as joblib has it: -1 for as many as there are processors. None leaves
        it to ``joblib.parallel_config``.
    n_threads : int or None, default=1
        Threads of each; None chooses as the estimator does.
    data_home : Path, optional
        Where catalogued data sets are.
    retry_failed : bool, default=False
        Whether to do again what failed before.
    callbacks : sequence of Callback
        Told of every training; they are pickled where other processes do the work.
    on_event : callable
        Told when a run begins, ends or fails, from any thread.

    Raises
    ------
    StoreError
        If the store cannot be written. What is in it stays.

    Notes
    -----
    A run that fails is written down with its error, and the others go on. So is one whose process
    ends without a word (out of memory, killed): those that were under way then are done again one
    by one, so that it is known which of them it was. What is under way when this process is
    interrupted is given back. Of a run that takes longer than a minute the state is kept beside the
    store meanwhile, for whoever does it next.
    """
    runner = _Runner(store, n_threads, data_home, retry_failed, callbacks, on_event)
    unique = list({one.key: one for one in experiments}.values())
    store.add(unique)
    sweep(store)
    with _heart(store):
        todo = runner.open_of(unique)
        while todo:
            runner.work(todo, {"n_jobs": n_jobs, "pre_dispatch": "n_jobs"})
            for suspect in runner.suspects():
                runner.work([suspect], _ALONE)
            runner.retry_failed = False  # once is enough
            todo = runner.open_of(todo)
            if todo:
                time.sleep(_POLL)


class _Runner:
    """What is under way, and how its results get into the store."""

    def __init__(
        self,
        store: Store,
        n_threads: int | None,
        data_home: Path | None,
        retry_failed: bool,
        callbacks: Sequence[Callback],
        on_event: OnEvent,
    ) -> None:
        self.store, self.n_threads, self.data_home = store, n_threads, data_home
        self.retry_failed, self.callbacks, self.on_event = retry_failed, callbacks, on_event
        self._under_way: dict[str, Experiment] = {}
        self._suspects: list[Experiment] = []
        self._trouble: BaseException | None = None

    def open_of(self, experiments: Sequence[Experiment]) -> list[Experiment]:
        """Give those that are to be done, or that another process is doing."""
        settled = {DONE} if self.retry_failed else {DONE, FAILED}
        statuses = self.store.status_of([one.key for one in experiments])
        return [one for one in experiments if statuses[one.key] not in settled]

    def suspects(self) -> list[Experiment]:
        """Give what was under way when a process ended without a word, once."""
        found, self._suspects = self._suspects, []
        return found

    def work(self, experiments: Sequence[Experiment], how: dict[str, Any]) -> None:
        """Do those that can be claimed."""
        self._trouble = None
        alone = len(experiments) == 1 and how is _ALONE
        parallel = Parallel(return_as="generator_unordered", batch_size=1, **how)
        try:
            with (
                _workers_replaced_in_silence(),
                closing(parallel(self._claimed(experiments))) as outcomes,
            ):
                for key, result, error in outcomes:
                    self._settle(self._under_way[key], result, error)
                    del self._under_way[key]
        except BaseException as error:
            lost, self._under_way = list(self._under_way.values()), {}
            if alone and lost and _is_lost_process(error):
                self._settle(lost[0], None, f"Its process ended without a word: {error}")
                return
            self.store.release([one.key for one in lost])
            if not _is_lost_process(error):
                raise
            self._suspects = lost
        if self._trouble is not None:
            raise self._trouble

    def _claimed(self, experiments: Sequence[Experiment]) -> Iterator[Any]:
        """Claim one when joblib has room for it; errors wait until joblib's threads are done."""
        for one in experiments:
            try:
                if not self.store.claim(one.key, retry_failed=self.retry_failed):
                    continue
            except BaseException as error:
                self._trouble = error
                return
            self._under_way[one.key] = one
            self.on_event(Event(one, RUNNING))
            checkpoint = RunCheckpoint.of(self.store, one.key)
            callbacks = (*self.callbacks, _WhileWanted())
            yield delayed(_attempt)(one, self.data_home, self.n_threads, callbacks, checkpoint)

    def _settle(self, one: Experiment, result: Result | None, error: str | None) -> None:
        if result is None:
            assert error is not None
            self.store.fail(one.key, error)
            self.on_event(Event(one, FAILED, error=error))
            return
        self.store.finish(one, result)
        checkpoint = RunCheckpoint.of(self.store, one.key)
        if checkpoint is not None:
            checkpoint.remove()
        self.on_event(Event(one, DONE, result.seconds.total, result.outcome.test_accuracy))


class _WhileWanted(Callback):
    """Ends the process of a training whose parent, who waits for its result, is gone."""

    def __init__(self) -> None:
        self._caller = os.getpid()
        self._is_child = False

    def on_fit_begin(self, state: FitState) -> None:  # noqa: ARG002
        # Neither the caller itself nor a worker of a cluster is a child of the caller.
        self._is_child = os.getppid() == self._caller

    def on_epoch_begin(self, state: FitState) -> None:  # noqa: ARG002
        if self._is_child and os.getppid() != self._caller:
            os._exit(1)

    def on_tick(self, state: FitState, n_samples_done: int) -> None:  # noqa: ARG002
        self.on_epoch_begin(state)  # an epoch can be long


def _attempt(
    experiment: Experiment,
    data_home: Path | None,
    n_threads: int | None,
    callbacks: Sequence[Callback],
    checkpoint: RunCheckpoint | None,
) -> tuple[str, Result | None, str | None]:
    """Run; an error becomes text, as not every one can be sent from one process to another."""
    try:
        result = run(
            experiment,
            data_home=data_home,
            n_threads=n_threads,
            callbacks=callbacks,
            checkpoint=checkpoint,
        )
    except Exception as error:
        lines = "".join(traceback.format_exception(error)).rstrip()
        return experiment.key, None, lines
    return experiment.key, result, None


@contextmanager
def _workers_replaced_in_silence() -> Iterator[None]:
    """Pass over joblib's warning that a worker which has loaded large data sets may be leaking."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        yield


def _is_lost_process(error: BaseException) -> bool:
    """Tell whether joblib's backend lost a process; Dask's error is known by name alone."""
    return isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker"


@contextmanager
def _heart(store: Store) -> Iterator[None]:
    """Have a thread say that this process lives, while the block lasts."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(_HEARTBEAT):
            try:
                store.beat()
            except OSError:  # what is worth telling, the next result will meet as well
                continue

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
