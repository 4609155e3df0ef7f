"""How many places each layer has, and how many connections it gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from ctre.errors import InvalidParameterError


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
