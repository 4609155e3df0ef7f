"""How much an absent pair should be joined, from activity: each score one bilinear form.

A score is a function of the activations before (n_rows, n_pre) and after (n_rows, n_post) the
layer. It answers with the form whose value for neurons p and q is their similarity, or ranks pairs
as the similarity does; one kernel then finds the best absent pairs of any form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array, issparse

from ctre._typing import FloatArray
from ctre.kernels import BilinearForm, Samples

Score: TypeAlias = Callable[[Samples, FloatArray], BilinearForm]


def cosine(pre: Samples, post: FloatArray) -> BilinearForm:
    """Cosine similarity ``|a_p · a_q| / (‖a_p‖ ‖a_q‖)``; 0 for a dead (all-zero) neuron.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 2.
    """
    return BilinearForm(_unit_columns(pre), _unit_columns(post))


def _unit_columns(activations: Any) -> Any:
    """Scale every column to length one; a column of zeros stays as it is."""
    lengths = np.sqrt(_column_squares(activations))
    scale = np.zeros_like(lengths)
    np.divide(1.0, lengths, out=scale, where=lengths > 0)
    if not issparse(activations):
        return activations * scale
    return csr_array(
        (activations.data * scale[activations.indices], activations.indices, activations.indptr),
        shape=activations.shape,
    )


def _column_squares(activations: Any) -> FloatArray:
    if not issparse(activations):
        totals: FloatArray = np.einsum("sn,sn->n", activations, activations)
        return totals
    squares = np.square(activations.data, dtype=np.float64)
    sums = np.bincount(activations.indices, squares, minlength=activations.shape[1])
    return sums.astype(np.float32)
