"""How long experiments will take, from measured speed, and in which order they tell most.

A training is priced by what it multiplies and how many neurons it passes, at rates that a second
of training on this machine tells. Where a store has runs of a method, their times correct the
price; where it has other seeds of the same experiment, their mean is the price.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import mean, median
from typing import NamedTuple

import numpy as np

from ctre.density import count_places, erdos_renyi_counts, uniform_counts
from ctre.estimators import SparseMLPClassifier
from ctre.estimators.assembly import batch_size_of, bound_method, validation_fraction
from ctre.estimators.parameters import Parameters
from ctre.experiments.cost import count_multiply_adds
from ctre.experiments.data import DataFacts
from ctre.experiments.experiment import Experiment
from ctre.experiments.pruning import N_CURVES
from ctre.experiments.settings import keywords_of
from ctre.experiments.stored_run import StoredRun
from ctre.methods import Method, get_recipe
from ctre.methods.start import Full
from ctre.training import EpochRecord, FitPlan, History

_N_LOOKS = 20  # epochs, evenly spread, that stand for all


class _Work(NamedTuple):
    """What one epoch asks for."""

    sparse: float
    """Multiply-adds of training, validating and testing over sparse layers."""
    dense: float
    """The same over full layers, on BLAS."""
    passes: float
    """Rows times neurons."""
    pairs: float
    """Multiply-adds of topology updates."""
    changes: float
    """Connections that are sorted in a topology update."""


Rates = _Work
"""Seconds for one of each."""


class _Training(NamedTuple):
    method: Method | None
    batch_size: int


def work_of(experiment: Experiment, facts: DataFacts) -> tuple[_Work, int]:
    """Tell what an epoch of an experiment asks for, and how many epochs it has."""
    keywords, _ = keywords_of(experiment.settings)
    parameters = Parameters(**keywords)
    recipe = get_recipe(parameters.method)
    hidden = parameters.hidden_layer_sizes
    assert not isinstance(hidden, int), "settings spell the layers out"
    sizes = (facts.n_features, *hidden, facts.n_classes)
    is_full = isinstance(recipe.start, Full)
    if is_full:
        counts = tuple(count_places(sizes))
    elif parameters.density is not None:
        counts = uniform_counts(sizes, parameters.density)
    else:
        assert parameters.epsilon is not None
        counts = erdos_renyi_counts(sizes, parameters.epsilon)
    is_split = parameters.validation_split is not None
    n_validation = round((0.1 if is_split else validation_fraction(parameters)) * facts.n_train)
    n_samples, n_epochs = facts.n_train - n_validation, parameters.max_iter
    plan = FitPlan(recipe.name, n_epochs, n_samples, n_validation, sizes, counts, 1)
    method = bound_method(parameters, recipe)
    looks = np.unique(np.linspace(1, n_epochs, _N_LOOKS).astype(int)).tolist()
    history = History([_record(epoch, counts, parameters.drop_fraction) for epoch in looks])
    cost = count_multiply_adds(
        history, plan, _Training(method, batch_size_of(parameters, n_samples))
    )
    n_tested = n_validation + facts.n_test
    products = cost.forward + cost.backward + cost.step + n_tested * sum(counts)
    passes = (3 * n_samples + n_tested) * sum(sizes)
    changes = 0.0 if method is None else float(sum(counts))
    work = _Work(0.0 if is_full else products, products if is_full else 0.0, passes, 0.0, changes)
    return work._replace(pairs=cost.evolve), n_epochs


def _record(epoch: int, counts: tuple[int, ...], drop_fraction: float) -> EpochRecord:
    """Say what an epoch is expected to be like."""
    dropped = tuple(int(drop_fraction * count) for count in counts)
    none = (0,) * len(counts)
    return EpochRecord(
        epoch, 0.0, drop_fraction, 0.0, None, None, None, 0,
        counts, dropped, dropped, none, none, 0.0, 0.0, 0.0,
    )  # fmt: skip


def measure_rates(seed: int = 0) -> Rates:
    """Train a second or so on made-up rows, and tell what each kind of work takes here."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1000, 300)).astype(np.float32)
    y = np.arange(1000) % 5

    def seconds(method: str, epsilon: float) -> tuple[float, float, float]:
        model = SparseMLPClassifier(
            (400, 400), method=method, epsilon=epsilon, max_iter=3, batch_size=100,
            similarity_samples=None, scaling="none", random_state=seed, n_threads=1,
        )  # fmt: skip
        model.fit(X, y)
        history = model.history_
        return (
            min(history.column("seconds_train")),
            min(history.column("seconds_evolve")[:-1]),
            sum(model.network_.n_connections),
        )

    n_neurons, n_places = 300 + 400 + 400 + 5, sum(count_places((300, 400, 400, 5)))
    thin, update, n_thin = seconds("set", 1)
    thick, _, n_thick = seconds("set", 20)
    full, _, n_full = seconds("dense", 1)
    _, similar, _ = seconds("ctre-cosine", 1)
    per_product = max(thick - thin, 0.1 * thick) / (3 * 1000 * (n_thick - n_thin))
    per_pass = max(thin - per_product * 3 * 1000 * n_thin, 0.1 * thin) / (3 * 1000 * n_neurons)
    return Rates(
        sparse=per_product,
        dense=full / (3 * 1000 * n_full),
        passes=per_pass,
        pairs=max(similar - update, 0.1 * similar) / (1000 * n_places),
        changes=update / n_thin,
    )


def predict(
    experiments: Sequence[Experiment],
    facts: Mapping[str, DataFacts],
    runs: Iterable[StoredRun],
    rates: Rates,
) -> dict[str, float]:
    """Predict the seconds that every experiment takes with one thread.

    Parameters
    ----------
    experiments : sequence of Experiment
        What is to be done.
    facts : mapping of str to DataFacts
        What is known of their rows, by fingerprint.
    runs : iterable of StoredRun
        Runs of this machine or a like one; those that are done teach.
    rates : Rates
        As `measure_rates` gives them.

    Returns
    -------
    dict of str to float
        By key.
    """
    by_cell: defaultdict[Hashable, list[float]] = defaultdict(list)
    ratios: defaultdict[Hashable, list[float]] = defaultdict(list)
    for stored in runs:
        one = stored.experiment
        if stored.result is not None and one.fingerprint in facts:
            taken = stored.result.seconds.total
            by_cell[one.cell].append(taken)
            for likeness in _likenesses(one):
                ratios[likeness].append(taken / _price(one, facts, rates))

    def seconds(one: Experiment) -> float:
        if one.cell in by_cell:
            return mean(by_cell[one.cell])
        known = next((ratios[alike] for alike in _likenesses(one) if alike in ratios), [1.0])
        return _price(one, facts, rates) * median(known)

    return {one.key: seconds(one) for one in experiments}


def _likenesses(one: Experiment) -> list[Hashable]:
    """Say what other experiments may share with this one, the closest likeness first.

    How much of an update the kernels can pass over depends on method, data and size.
    """
    sizes = tuple(one.settings["hidden_layer_sizes"])
    return [(one.method, one.fingerprint, sizes), (one.method, sizes), one.method, "any"]


def _price(experiment: Experiment, facts: Mapping[str, DataFacts], rates: Rates) -> float:
    known = facts[experiment.fingerprint]
    work, n_epochs = work_of(experiment, known)
    seconds = n_epochs * sum(amount * rate for amount, rate in zip(work, rates, strict=True))
    if experiment.prune_steps:
        per_row = work.sparse + work.dense + work.passes  # of about three times the test rows
        share = known.n_test / (3 * known.n_train)
        n_predictions = N_CURVES * (experiment.prune_steps + 1)
        rate = rates.dense if work.dense else rates.sparse
        seconds += n_predictions * share * per_row * rate
    return seconds


def by_information(
    experiments: Sequence[Experiment], seconds: Mapping[str, float], done: Iterable[Experiment]
) -> list[Experiment]:
    """Order experiments by what they tell an hour.

    The first seed of a cell tells most; the second, a half; the third, a third: that is how a mean
    settles. Divided by what it costs, the highest comes first.
    """
    n_seeds = Counter(one.cell for one in done)
    worth = {}
    for one in experiments:
        n_seeds[one.cell] += 1
        worth[one.key] = 1 / n_seeds[one.cell] / max(seconds[one.key], 1e-3)
    return sorted(experiments, key=lambda one: -worth[one.key])
