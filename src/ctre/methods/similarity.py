"""How much an absent pair should be joined, from activity: each score one bilinear form.

A score is a function of the activations before (n_rows, n_pre) and after (n_rows, n_post) the
layer. It answers with the form whose value for neurons p and q is their similarity, or ranks pairs
as the similarity does; one kernel then finds the best absent pairs of any form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
from scipy.sparse import csr_array, issparse

from ctre._typing import FloatArray
from ctre.kernels import BilinearForm, Samples

Score: TypeAlias = Callable[[Samples, FloatArray], BilinearForm]

_Rows = TypeVar("_Rows", FloatArray, Samples)


def cosine(pre: Samples, post: FloatArray) -> BilinearForm:
    """Cosine similarity ``|a_p · a_q| / (‖a_p‖ ‖a_q‖)``; 0 for a dead (all-zero) neuron.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 2.
    """
    return BilinearForm(_unit_columns(pre), _unit_columns(post))


def _unit_columns(activations: _Rows) -> _Rows:
    """Scale every column to length one; a column of zeros stays as it is."""
    if issparse(activations):
        squares = np.zeros(activations.shape[1])
        np.add.at(squares, activations.indices, np.square(activations.data, dtype=np.float64))
        scale = _reciprocal_root(squares)
        return csr_array(
            (
                activations.data * scale[activations.indices],
                activations.indices,
                activations.indptr,
            ),
            shape=activations.shape,
        )
    return activations * _reciprocal_root(_column_squares(activations))


def _column_squares(activations: FloatArray) -> FloatArray:
    return np.einsum("sn,sn->n", activations, activations)


def _reciprocal_root(squares: FloatArray) -> FloatArray:
    scale = np.zeros(len(squares), dtype=np.float32)
    np.divide(1.0, np.sqrt(squares), out=scale, where=squares > 0)
    return scale
