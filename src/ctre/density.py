"""How many places each layer has, and how many connections it gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from ctre.errors import InvalidParameterError, UnknownNameError


def count_places(layer_sizes: Sequence[int]) -> tuple[int, ...]:
    """Count the pairs of neurons of each layer, connected or absent; Python ints never overflow."""
    return tuple(n_pre * n_post for n_pre, n_post in pairwise(layer_sizes))


def erdos_renyi_counts(layer_sizes: Sequence[int], epsilon: float) -> tuple[int, ...]:
    """Give each layer ``min(int(epsilon * (n_pre + n_post)), n_pre * n_post)`` connections.

    Parameters
    ----------
    layer_sizes : sequence of int
        Neurons of every layer, input first, output last.
    epsilon : float
        The Erdős–Rényi knob, above 0 and finite (dimensionless). The paper calls it ε.

    Returns
    -------
    tuple of int
        Connections of each of the ``len(layer_sizes) - 1`` layers.

    Raises
    ------
    InvalidParameterError
        If ``epsilon`` is not above 0 and finite, or leaves a layer without a connection.

    Notes
    -----
    The paper prints counts without the cap: for 100 → 10 neurons at epsilon 13 it counts 1430
    connections where there are 1000 places.

    References
    ----------
    .. [1] Atashgahi et al., "A Brain-inspired Algorithm for Training Highly Sparse Neural
       Networks", Machine Learning, 2022, section 3.1.
    """
    if not 0 < epsilon < math.inf:
        raise InvalidParameterError(f"epsilon must be above 0 and finite, got {epsilon}.")
    counts = []
    for layer, (n_pre, n_post) in enumerate(pairwise(layer_sizes), start=1):
        count = min(int(epsilon * (n_pre + n_post)), n_pre * n_post)
        if count == 0:
            enough = 1.01 / min(map(sum, pairwise(layer_sizes)))  # also once rounded for print
            raise InvalidParameterError(
                f"epsilon={epsilon} leaves layer {layer} ({n_pre} -> {n_post}) without a "
                f"connection; epsilon={enough:.3g} gives every layer one."
            )
        counts.append(count)
    return tuple(counts)


def uniform_counts(layer_sizes: Sequence[int], density: float) -> tuple[int, ...]:
    """Give each layer the same share of its places, rounded to the nearest count, at least one.

    Parameters
    ----------
    layer_sizes : sequence of int
        Neurons of every layer, input first, output last.
    density : float in (0, 1]
        Connections per place (dimensionless).

    Returns
    -------
    tuple of int
        Connections of each of the ``len(layer_sizes) - 1`` layers.

    Raises
    ------
    InvalidParameterError
        If ``density`` is outside (0, 1].
    """
    if not 0 < density <= 1:
        raise InvalidParameterError(f"density must be in (0, 1], got {density}.")
    return tuple(max(1, round(density * n_places)) for n_places in count_places(layer_sizes))


DistributionName: TypeAlias = Literal["erk", "erdos-renyi", "uniform"]
"""How connections are spread over layers of any shape."""


def spread_density(
    shapes: Sequence[Sequence[int]], density: float, distribution: DistributionName
) -> tuple[int, ...]:
    """Spread a density over layers: how many connections each gets, exactly as many in all.

    Parameters
    ----------
    shapes : sequence of sequence of int
        Of each layer's weight: neurons or channels behind and before it, then sizes of a kernel.
    density : float in (0, 1]
        Connections per place, over all layers (dimensionless).
    distribution : {"erk", "erdos-renyi", "uniform"}
        A layer's density is in proportion to the sum of its sizes over their product, with
        kernels ("erk") or of neurons and channels alone; or the same everywhere.

    Returns
    -------
    tuple of int
        They sum to ``round(density * n_places)``, or to one a layer if that is more. A layer that
        would get more than it has places is full, and the others share what it leaves.

    Raises
    ------
    InvalidParameterError
        If ``density`` is outside (0, 1].
    UnknownNameError
        If there is no such distribution.

    References
    ----------
    .. [1] Evci et al., "Rigging the Lottery", ICML 2020, section 3.
    """
    if not 0 < density <= 1:
        raise InvalidParameterError(f"density must be in (0, 1], got {density}.")
    try:
        n_sizes = {"erk": None, "erdos-renyi": 2, "uniform": 0}[distribution]
    except (KeyError, TypeError):
        names = ("erk", "erdos-renyi", "uniform")
        raise UnknownNameError("distribution", distribution, names) from None
    places = [math.prod(shape) for shape in shapes]
    shares = [
        n_places if n_sizes == 0 else n_places * sum(shape[:n_sizes]) / math.prod(shape[:n_sizes])
        for n_places, shape in zip(places, shapes, strict=True)
    ]
    return _split(max(len(places), round(density * sum(places))), shares, places)


def _split(total: int, shares: Sequence[float], most: Sequence[int]) -> tuple[int, ...]:
    """Split an integer by shares into parts of at least one and at most so much."""
    is_full = [False] * len(shares)
    while True:  # fill up whoever would get too much, and share out the rest again
        rest = total - sum(n for n, full in zip(most, is_full, strict=True) if full)
        weight = sum(share for share, full in zip(shares, is_full, strict=True) if not full)
        parts = [
            float(n) if full else rest * share / weight
            for n, share, full in zip(most, shares, is_full, strict=True)
        ]
        overfull = [part > n for part, n in zip(parts, most, strict=True)]
        if not any(overfull):
            break
        is_full = [full or over for full, over in zip(is_full, overfull, strict=True)]
    counts = [max(1, math.floor(part)) for part in parts]
    # Largest remainders first; where ones were forced, the largest parts pay for them.
    by_remainder = sorted(range(len(parts)), key=lambda i: counts[i] - parts[i])
    by_size = sorted(range(len(parts)), key=lambda i: -counts[i])
    while sum(counts) < total:
        for i in by_remainder:
            if sum(counts) < total and counts[i] < most[i]:
                counts[i] += 1
    while sum(counts) > total:
        for i in by_size:
            if sum(counts) > total and counts[i] > 1:
                counts[i] -= 1
    return tuple(counts)
