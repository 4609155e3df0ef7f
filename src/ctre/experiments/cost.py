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
from itertools import pairwise
from typing import NamedTuple

from ctre.methods import Method, Needs, Stage
from ctre.training import EpochRecord, FitPlan, History

_PER_STEP = 4


class Cost(NamedTuple):
    """Multiply-adds of a training, mean over its epochs."""

    forward: float
    backward: float
    step: float
    evolve: float


def count_multiply_adds(
    history: History,
    plan: FitPlan,
    *,
    method: Method | None,
    batch_size: int,
    n_similarity_rows: int,
    n_candidates: int | None,
    patience: int,
) -> Cost:
    """Count the multiply-adds of an epoch, mean over those of a training.

    Parameters
    ----------
    history : History
        What happened: sizes, updates, stalls.
    plan : FitPlan
        What was planned, as callbacks are told.
    method : Method or None
        How the topology evolved.
    batch_size, n_similarity_rows, patience : int
        As the training had them.
    n_candidates : int or None
        Its ``similarity_candidates``.

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
        step += _PER_STEP * math.ceil(plan.n_samples / batch_size) * n_connections
        longest_stall = max(longest_stall, record.stall)
        if method is not None:
            progress = record.epoch / plan.n_epochs
            stage = Stage(progress, longest_stall, patience, n_candidates)
            needs = method.needs(stage)
            n_pairs = _pairs_scored(record, plan, n_candidates)
            if n_pairs:
                evolve += _of_update(record, plan, needs, batch_size, n_similarity_rows, n_pairs)
    return Cost(*(total / len(history) for total in (forward, backward, step, evolve)))


def _pairs_scored(record: EpochRecord, plan: FitPlan, n_candidates: int | None) -> int:
    n_pairs = 0
    for n_connections, n_dropped, (n_pre, n_post) in zip(
        record.n_connections,
        map(sum, zip(record.n_died, record.n_regrown, strict=True)),
        pairwise(plan.layer_sizes),
        strict=True,
    ):
        n_places = n_pre * n_post
        n_drawn = math.inf if n_candidates is None else n_candidates * n_dropped
        if n_dropped:  # a layer that drops nothing scores nothing
            is_limited = n_drawn < n_places - n_connections + n_dropped
            n_pairs += int(n_drawn) if is_limited else n_places
    return n_pairs


def _of_update(
    record: EpochRecord,
    plan: FitPlan,
    needs: Needs,
    batch_size: int,
    n_similarity_rows: int,
    n_pairs: int,
) -> int:
    total = 0
    n_connections = sum(record.n_connections)
    if needs.activations:
        total += n_similarity_rows * (n_connections + n_pairs)
    if needs.gradient_batches:
        n_rows = needs.gradient_batches * min(batch_size, plan.n_samples)
        total += n_rows * (2 * n_connections - record.n_connections[0] + n_pairs)
    return total


def published_similarity_cost(layer_sizes: Sequence[int], n_samples: int) -> int:
    """Count the multiply-adds of one similarity update as appendix B of the paper does.

    Three products of all ``n_samples`` training samples for every pair. The paper writes
    O(m N) with N the parameters of a layer; it means all pairs, as absent ones are scored too.
    """
    return 3 * n_samples * sum(n_pre * n_post for n_pre, n_post in pairwise(layer_sizes))
