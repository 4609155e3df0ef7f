"""Whether methods differ by more than chance: within one data set, and across several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import stats

FEWEST_DATASETS = 5
"""Below so many data sets, no test across them is worth its name; effect sizes are given alone."""


class Paired(NamedTuple):
    """Two methods on one data set, compared seed by seed."""

    n: int
    """Seeds that both have."""
    difference: float
    """Mean of the first minus the second, in percentage points."""
    low: float | None
    """Of the 95 % confidence interval of the difference (Student's t); None for one seed."""
    high: float | None
    p_value: float | None
    """Of the paired t-test; None for one seed, or if all differences are equal."""
    delta: float
    """Cliff's delta, in [-1, 1]: how much more often the first is above the second than below."""


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> Paired | None:
    """Compare accuracies by seed; None if no seed is common.

    Parameters
    ----------
    first, second : mapping of int to float
        Accuracy in percent, by seed.
    """
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return None
    differences = np.array([first[seed] - second[seed] for seed in seeds])
    mean, n = float(differences.mean()), len(seeds)
    low = high = p_value = None
    spread = float(differences.std(ddof=1)) if n > 1 else 0.0
    if n > 1:
        reach = float(stats.t.ppf(0.975, n - 1)) * spread / math.sqrt(n)
        low, high = mean - reach, mean + reach
        if spread > 0:
            p_value = float(stats.ttest_1samp(differences, 0.0).pvalue)
    return Paired(n, mean, low, high, p_value, cliffs_delta(first.values(), second.values()))


def cliffs_delta(some: object, others: object) -> float:
    """Give how much more often ``some`` are above ``others`` than below, over all pairs."""
    above = np.sign(np.subtract.outer(np.array(list(some)), np.array(list(others))))  # type: ignore[call-overload]
    return float(above.mean())


class Across(NamedTuple):
    """Methods compared over data sets."""

    methods: tuple[str, ...]
    """By mean rank, the best first."""
    mean_ranks: tuple[float, ...]
    n_datasets: int
    friedman: float
    """p-value of Friedman's test: whether any method differs."""
    pairs: dict[tuple[str, str], float]
    """p-values of Wilcoxon's signed-rank test of every pair, corrected after Holm."""


def across(accuracies: Mapping[str, Mapping[str, float]]) -> Across | None:
    """Compare methods over data sets, as Demšar (2006) advises.

    Parameters
    ----------
    accuracies : mapping of str to mapping of str to float
        Mean accuracy by data set and method; data sets that lack a method of the others are left
        out.

    Returns
    -------
    Across or None
        None with fewer than `FEWEST_DATASETS` data sets, or fewer than three methods.

    References
    ----------
    .. [1] Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 2006.
    """
    methods = list(dict.fromkeys(name for row in accuracies.values() for name in row))
    complete = [row for row in accuracies.values() if len(row) == len(methods)]
    if len(complete) < FEWEST_DATASETS or len(methods) < 3:
        return None
    table = np.array([[row[method] for method in methods] for row in complete])
    ranks = stats.rankdata(-table, axis=1).mean(axis=0)
    order = np.argsort(ranks, kind="stable")
    pairs = list(combinations([methods[place] for place in order], 2))
    p_values = [_wilcoxon(table, methods.index(one), methods.index(two)) for one, two in pairs]
    return Across(
        tuple(methods[place] for place in order),
        tuple(float(ranks[place]) for place in order),
        len(complete),
        float(stats.friedmanchisquare(*table.T).pvalue),
        dict(zip(pairs, holm(p_values), strict=True)),
    )


def _wilcoxon(
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]], one: int, two: int
) -> float:
    differences = table[:, one] - table[:, two]
    return float(stats.wilcoxon(differences).pvalue) if differences.any() else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values of several tests after Holm (1979)."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[number]))
        corrected[number] = highest
    return corrected
