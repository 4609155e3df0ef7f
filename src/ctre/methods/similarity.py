"""How much an absent pair should be joined, from activity: each score one bilinear form.

A score is a function of the activations before (n_rows, n_pre) and after (n_rows, n_post) the
layer. It answers with the form whose value for neurons p and q is their similarity, or ranks pairs
as the similarity does; one kernel then finds the best absent pairs of any form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ctre._typing import FloatArray
from ctre.kernels import BilinearForm, Samples, kernels
from ctre.kernels.columns import column_squares
from ctre.topology import Topology

Score: TypeAlias = Callable[[Samples, FloatArray], BilinearForm]


def cosine(pre: Samples, post: FloatArray) -> BilinearForm:
    """Cosine similarity ``|a_p · a_q| / (‖a_p‖ ‖a_q‖)``; 0 for a dead (all-zero) neuron.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 2.
    """
    return BilinearForm(pre, post, normalized_pre=True, normalized_post=True)


def hebb(pre: Samples, post: FloatArray) -> BilinearForm:
    """Hebb's rule ``|a_p · a_q|``: cosine similarity without the normalization.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, section 5.3.
    """
    return BilinearForm(pre, post)


def euclidean(pre: Samples, post: FloatArray) -> BilinearForm:
    """Minus the squared distance of two activation vectors, which ranks as ``1 / (1 + d)`` does.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 4.
    """
    return BilinearForm(
        pre,
        2 * post,
        pre_offset=-column_squares(pre).astype(np.float32),
        post_offset=-column_squares(post).astype(np.float32),
        absolute=False,
    )


def scores_at(form: BilinearForm, topology: Topology, n_threads: int = 1) -> FloatArray:
    """Compute the scores (n_connections,) of the pairs that a topology joins, in key order.

    Time O(n_rows * n_connections).
    """
    return kernels().pair_scores(form, topology.indptr, topology.indices, n_threads=n_threads)
