"""How much an absent pair should be joined: each score is one bilinear form of the evidence.

A score answers with the form whose value for neurons p and q is their score, or ranks pairs as the
score does; one kernel then finds the best absent pairs of any form. It declares what it reads: a
score of activations *and* error signals costs two lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

import numpy as np

from ctre._typing import FloatArray
from ctre.errors import InvalidParameterError
from ctre.kernels import BilinearForm, kernels
from ctre.kernels.columns import column_squares
from ctre.methods.evidence import LayerEvidence, Read, Reads
from ctre.topology import Topology


class Score(Protocol):
    """A function of the evidence of one layer that says what it reads; `reads` makes one."""

    reads: Reads

    def __call__(self, evidence: LayerEvidence, /) -> BilinearForm:
        """Give the form that scores every pair of the layer."""
        ...


def reads(*parts: Read) -> Callable[[Callable[[LayerEvidence], BilinearForm]], Score]:
    """Declare what a score reads of the evidence, as in ``@reads("pre", "error")``."""

    def declare(formula: Callable[[LayerEvidence], BilinearForm]) -> Score:
        score = cast("Score", formula)
        score.reads = frozenset(parts)
        return score

    return declare


def reads_of(score: Score) -> Reads:
    """Tell what a score reads.

    Raises
    ------
    InvalidParameterError
        If it does not say.
    """
    try:
        return score.reads
    except AttributeError:
        raise InvalidParameterError(
            f"A score must declare what it reads, got {score!r}, which does not. Put "
            '@reads("pre", "post") above it.'
        ) from None


@reads("pre", "post")
def cosine(evidence: LayerEvidence) -> BilinearForm:
    """Cosine similarity ``|a_p · a_q| / (‖a_p‖ ‖a_q‖)``; 0 for a dead (all-zero) neuron.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 2.
    """
    return BilinearForm(evidence.pre, evidence.post, normalized=True)


@reads("pre", "post")
def hebb(evidence: LayerEvidence) -> BilinearForm:
    """Hebb's rule ``|a_p · a_q|``: cosine similarity without the normalization.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, section 5.3.
    """
    return BilinearForm(evidence.pre, evidence.post)


@reads("pre", "post")
def euclidean(evidence: LayerEvidence) -> BilinearForm:
    """Minus the squared distance of two activation vectors, which ranks as ``1 / (1 + d)`` does.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, equation 4.
    """
    return BilinearForm(
        evidence.pre,
        2 * evidence.post,
        pre_offset=-column_squares(evidence.pre).astype(np.float32),
        post_offset=-column_squares(evidence.post).astype(np.float32),
        absolute=False,
    )


@reads("pre", "error")
def gradient(evidence: LayerEvidence) -> BilinearForm:
    """Magnitude of the mean loss's derivative by the weight the pair would have, ``|a_p · δ_q|``.

    References
    ----------
    .. [1] Evci et al., "Rigging the Lottery", ICML 2020.
    """
    return BilinearForm(evidence.pre, evidence.error)


def scores_at(form: BilinearForm, topology: Topology, n_threads: int = 1) -> FloatArray:
    """Compute the scores (n_connections,) of the pairs that a topology joins, in key order.

    Time O(n_rows * n_connections).
    """
    return kernels().pair_scores(form, topology.indptr, topology.indices, n_threads=n_threads)
