"""How much an absent pair should be joined, from activity: each score one bilinear form.

A score is a function of the activations before (n_rows, n_pre) and after (n_rows, n_post) the
layer. It answers with the form whose value for neurons p and q is their similarity, or ranks pairs
as the similarity does; one kernel then finds the best absent pairs of any form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import issparse

from ctre._typing import FloatArray
from ctre.kernels import BilinearForm, Samples
from ctre.kernels.columns import column_squares, unit_scales
from ctre.topology import Topology

_BLOCK = 2**20  # elements of a temporary array

Score: TypeAlias = Callable[[Samples, FloatArray], BilinearForm]


def cosine(pre: Samples, post: FloatArray) -> BilinearForm:
    """Cosine similarity ``|a_p · a_q| / (‖a_p‖ ‖a_q‖)``; 0 for a dead (all-zero) neuron.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 2.
    """
    return BilinearForm(pre, post, normalized=True)


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


def scores_at(form: BilinearForm, topology: Topology) -> FloatArray:
    """Compute the scores (n_connections,) of existing connections, in key order.

    Memory O(n_connections + block), time O(n_rows * n_connections).
    """
    pre: Any = form.pre
    if issparse(pre):
        pre = pre.tocsc()
    if form.normalized:
        pre_scales, post_scales = unit_scales(form.pre), unit_scales(form.post)
    indices, posts = topology.indices, topology.post_indices
    scores = np.empty(len(indices), dtype=np.float32)
    width = max(1, _BLOCK // max(1, form.post.shape[0]))
    for start in range(0, len(indices), width):
        some = slice(start, start + width)
        before = pre[:, indices[some]]
        before = before.toarray() if issparse(before) else before
        after = form.post[:, posts[some]]
        if form.normalized:
            before, after = before * pre_scales[indices[some]], after * post_scales[posts[some]]
        scores[some] = np.einsum("sk,sk->k", before, after)
    if form.pre_offset is not None:
        scores += form.pre_offset[indices]
    if form.post_offset is not None:
        scores += form.post_offset[posts]
    return np.abs(scores) if form.absolute else scores
