"""What a training costs: multiply-adds counted by phase, from the sizes alone.

Per sample and connection, forward is one multiply-add and backward two, one for the gradient of
the weight and one for the error signal, which the first layer does not need. A step is four per
weight and batch: L2 term, momentum twice (Nesterov), weight. Biases are left out.

An update that grows by similarity runs its rows through the network and scores every pair of a
layer, or the candidates drawn for each connection to grow: one product of as many numbers as there
are rows, since the two lengths that cosine similarity divides by are found once per neuron, not
once per pair. One that grows by gradient does the same with its batches, and takes the error
signals backward as well. Growing at random multiplies nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ctre.density import count_places
from ctre.methods import Method, Rows, Sample, Stage, values_of
from ctre.training import EpochRecord, FitPlan, History, sample_size

_PER_STEP = 4


class Cost(NamedTuple):
    """Multiply-adds of a training, mean over its epochs."""

    forward: float
    backward: float
    step: float
    evolve: float


class Training(Protocol):
    """What counting needs of the settings of a training."""

    @property
    def method(self) -> Method | None:
        """How the topology evolves."""
        ...

    @property
    def batch_size(self) -> int:
        """Rows of a step."""
        ...


def count_multiply_adds(history: History, plan: FitPlan, settings: Training) -> Cost:
    """Count the multiply-adds of an epoch, mean over those of a training.

    Parameters
    ----------
    history : History
        What happened: sizes, updates, stalls.
    plan : FitPlan
        What was planned, as callbacks are told.
    settings : Training
        How it was trained.

    Returns
    -------
    Cost
        An upper bound: the kernels pass over neurons that cannot matter.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, appendix B.
    """
    forward = backward = step = evolve = longest_stall = 0
    for record in history:
        n_connections = sum(record.n_connections)
        forward += plan.n_samples * n_connections
        backward += plan.n_samples * (2 * n_connections - record.n_connections[0])
        step += _PER_STEP * math.ceil(plan.n_samples / settings.batch_size) * n_connections
        longest_stall = max(longest_stall, record.stall)
        if settings.method is not None:
            stage = Stage(record.epoch, plan.n_epochs, longest_stall)
            n_pairs = _pairs_scored(record, plan, values_of(settings.method).get("candidates"))
            for rows, reads in settings.method.needs(stage).items() if n_pairs else ():
                per_row = n_connections + n_pairs
                if "error" in reads:
                    per_row += n_connections - record.n_connections[0]
                evolve += _count_rows(rows, plan, settings.batch_size) * per_row
    return Cost(*(total / len(history) for total in (forward, backward, step, evolve)))


def _count_rows(rows: Rows, plan: FitPlan, batch_size: int) -> int:
    if isinstance(rows, Sample):
        return sample_size(rows.size, plan.n_samples)
    return rows.n * min(batch_size, plan.n_samples)


def _pairs_scored(record: EpochRecord, plan: FitPlan, n_candidates: int | None) -> int:
    n_pairs = 0
    for n_connections, n_dropped, n_places in zip(
        record.n_connections,
        map(sum, zip(record.n_died, record.n_regrown, strict=True)),
        count_places(plan.layer_sizes),
        strict=True,
    ):
        n_drawn = math.inf if n_candidates is None else n_candidates * n_dropped
        if n_dropped:  # a layer that drops nothing scores nothing
            is_limited = n_drawn < n_places - n_connections + n_dropped
            n_pairs += int(n_drawn) if is_limited else n_places
    return n_pairs


def published_similarity_cost(layer_sizes: Sequence[int], n_samples: int) -> int:
    """Count the multiply-adds of one similarity update as appendix B of the paper does.

    Three products of all ``n_samples`` training samples for every pair. The paper writes
    O(m N) with N the parameters of a layer; it means all pairs, as absent ones are scored too.
    """
    return 3 * n_samples * sum(count_places(layer_sizes))
