"""Activations, losses and optimizers in plain NumPy, value beside derivative.

Numbers that are not finite give results that are not finite, without a warning: whoever trains
looks at the loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from ctre._typing import DoubleArray, FloatArray, IndexArray, KeyArray
from ctre.kernels.contract import LEAK, SGD, Adam, InputDropout
from ctre.vocabulary import Activation, Loss

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64; what comes out has the type of what went in."""

Targets: TypeAlias = IndexArray | FloatArray
"""Classes (n_rows,) for softmax cross-entropy, else values (n_rows, n_out)."""


class _Activation(NamedTuple):
    value: Callable[[Floats], Floats]
    """From the input sum."""
    slope: Callable[[Floats], Floats]
    """From the value, which is what training keeps."""


_ACTIVATIONS: Mapping[Activation, _Activation] = MappingProxyType(
    {
        "relu": _Activation(
            value=lambda z: np.maximum(z, 0),
            slope=lambda a: (a > 0).astype(a.dtype),
        ),
        "leaky_relu": _Activation(
            value=lambda z: np.maximum(z, LEAK * z),
            slope=lambda a: np.where(a > 0, a.dtype.type(1), a.dtype.type(LEAK)),
        ),
        "tanh": _Activation(value=np.tanh, slope=lambda a: 1 - a * a),
        "logistic": _Activation(value=expit, slope=lambda a: a * (1 - a)),
        "identity": _Activation(value=lambda z: z, slope=np.ones_like),
    }
)


class _Loss(NamedTuple):
    output: Callable[[Floats], Floats]
    """What the scores of a row mean."""
    value: Callable[[Floats, Targets], Floats]
    """(n_rows,) loss of each row."""
    error: Callable[[Floats, Targets], Floats]
    """(n_rows, n_out) derivative of each row's loss by its scores."""


def _softmax_value(scores: Floats, classes: Targets) -> Floats:
    top = scores.max(axis=1)
    log_total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return np.asarray(log_total - scores[np.arange(len(scores)), classes])


def _softmax_error(scores: Floats, classes: Targets) -> Floats:
    error: Floats = softmax(scores, axis=1)
    error[np.arange(len(error)), classes] -= 1
    return error


def _logistic_value(scores: Floats, targets: Targets) -> Floats:
    # -t log(p) - (1 - t) log(1 - p) with p = expit(s), written so that no exp overflows.
    losses = np.maximum(scores, 0) - scores * targets + np.log1p(np.exp(-np.abs(scores)))
    return np.asarray(losses.sum(axis=1))


_LOSSES: Mapping[Loss, _Loss] = MappingProxyType(
    {
        "softmax_cross_entropy": _Loss(
            output=lambda s: softmax(s, axis=1), value=_softmax_value, error=_softmax_error
        ),
        "logistic": _Loss(
            output=expit, value=_logistic_value, error=lambda s, targets: expit(s) - targets
        ),
        "squared_error": _Loss(
            output=lambda s: s,
            value=lambda s, targets: 0.5 * np.square(s - targets).sum(axis=1),
            error=lambda s, targets: s - targets,
        ),
    }
)


def activation(name: Activation, z: Floats) -> Floats:
    """Compute the activations that the input sums ``z``, of any shape, cause."""
    return _ACTIVATIONS[name].value(z)


def activation_slope(name: Activation, a: Floats) -> Floats:
    """Compute the derivative of an activation by its input sum, from its value ``a``.

    At the kink the ReLU has slope 0, and the leaky ReLU has slope `LEAK`.
    """
    return _ACTIVATIONS[name].slope(a)


@np.errstate(invalid="ignore")
def output(loss: Loss, scores: Floats) -> DoubleArray:
    """Read scores as what they mean under a loss.

    Parameters
    ----------
    loss
        What the network was trained with.
    scores
        (n_rows, n_out) input sums of the output layer.

    Returns
    -------
    float64 array of shape (n_rows, n_out)
        Probabilities of the classes, rows summing to 1, for softmax cross-entropy; one
        probability per output for logistic; the predicted values for squared error.
    """
    return np.asarray(_LOSSES[loss].output(scores.astype(np.float64)))


@np.errstate(over="ignore", invalid="ignore")
def sample_losses(loss: Loss, scores: Floats, targets: Targets) -> DoubleArray:
    """Compute the loss (n_rows,) of each row, float64, summed over outputs.

    It is the cross-entropy in nats for the first two losses, and half the squared distance.
    """
    return np.asarray(_LOSSES[loss].value(scores.astype(np.float64), targets))


@np.errstate(over="ignore", invalid="ignore")
def error_signals(loss: Loss, scores: Floats, targets: Targets) -> Floats:
    """Compute the derivative (n_rows, n_out) of each row's loss by its scores."""
    return _LOSSES[loss].error(scores, targets)


@np.errstate(over="ignore", invalid="ignore")
def mean_error_signals(
    loss: Loss, scores: FloatArray, targets: Targets, sample_weight: FloatArray | None = None
) -> FloatArray:
    """Compute the derivative (n_rows, n_out) of the rows' (weighted) mean loss by their scores.

    Rows that weigh nothing together give zero.
    """
    weight = np.ones(len(scores)) if sample_weight is None else sample_weight
    share = (weight / (weight.sum() or 1.0)).astype(np.float32)
    return np.asarray(error_signals(loss, scores, targets) * share[:, None], dtype=np.float32)


@np.errstate(over="ignore", invalid="ignore")
def backpropagate(
    error: FloatArray,
    inputs: Sequence[FloatArray],
    carry_back: Sequence[Callable[[FloatArray], FloatArray]],
    name: Activation,
) -> list[FloatArray]:
    """Carry error signals from behind the last layer to behind every layer.

    Parameters
    ----------
    error
        Behind the last layer: the derivative of the loss by its input sums.
    inputs
        For every layer, first to last, the activations before it.
    carry_back
        For every layer the product with its outgoing weights: from signals behind the layer to the
        derivatives by the activations before it. That of the first layer is not called.
    name
        Activation of the hidden layers.

    Returns
    -------
    list
        Error signals behind every layer, first to last; the last are ``error``.

    Notes
    -----
    Which axis is the rows' does not matter, as long as all arrays agree.
    """
    signals = [error]
    for before, carry in zip(inputs[:0:-1], carry_back[:0:-1], strict=True):
        error = np.asarray(carry(error) * activation_slope(name, before), dtype=np.float32)
        signals.append(error)
    return signals[::-1]


@np.errstate(over="ignore", invalid="ignore")
def mean_loss(
    loss: Loss, scores: Floats, targets: Targets, sample_weight: FloatArray | None = None
) -> float:
    """Average the loss over rows, in float64.

    Parameters
    ----------
    loss
        Which one.
    scores
        (n_rows, n_out) input sums of the output layer.
    targets
        Classes (n_rows,) for softmax cross-entropy, else values (n_rows, n_out).
    sample_weight
        (n_rows,), not negative; None weighs all rows alike.

    Returns
    -------
    float
        The weighted mean; 0 if no row weighs anything.
    """
    losses = sample_losses(loss, scores, targets)
    weight = np.ones(len(losses)) if sample_weight is None else sample_weight.astype(np.float64)
    total = float(weight.sum())
    return float(weight @ losses) / total if total else 0.0


@np.errstate(over="ignore", invalid="ignore")
def optimizer_step(
    optimizer: SGD | Adam,
    n_batches: int,
    values: FloatArray,
    gradient: FloatArray,
    slots: Sequence[FloatArray],
) -> None:
    """Move weights or biases (IN and OUT), and the slots that belong to them (IN and OUT)."""
    if isinstance(optimizer, SGD):
        (velocity,) = slots
        velocity *= optimizer.momentum
        velocity += gradient
        step = gradient + optimizer.momentum * velocity if optimizer.nesterov else velocity
        values -= optimizer.learning_rate * step
    else:
        first, second = slots
        first += (1 - optimizer.beta_1) * (gradient - first)
        second += (1 - optimizer.beta_2) * (np.square(gradient) - second)
        n_steps = optimizer.n_steps_done + n_batches
        rate = optimizer.learning_rate / (1 - optimizer.beta_1**n_steps)
        spread = np.sqrt(second / (1 - optimizer.beta_2**n_steps))
        values -= rate * first / (spread + optimizer.floor)


def kept_inputs(dropout: InputDropout, places: KeyArray, n_features: int) -> NDArray[np.bool_]:
    """Tell which inputs (n_features, n_places) of the samples at some places are not left out.

    An input is kept if a hash of seed, place and feature is at least ``share`` of 2**32. The hash
    is lowbias32 (Wellons, "Prospecting for hash functions", 2018): each bit of the answer depends
    on all bits of the number.
    """
    samples = _hashed(places.astype(np.uint32) ^ np.uint32(dropout.seed))
    steps = np.arange(n_features, dtype=np.uint32) * np.uint32(0x9E3779B9)
    kept: NDArray[np.bool_] = _hashed(samples + steps[:, None]) >= int(dropout.share * 2**32)
    return kept


def drop_inputs(dropout: InputDropout, places: KeyArray, values: FloatArray) -> FloatArray:
    """Set the inputs (n_features, n_places) that are left out to zero, and scale the others."""
    scaled = values * np.float32(1 / (1 - dropout.share))
    return np.where(kept_inputs(dropout, places, len(values)), scaled, np.float32(0))


def _hashed(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        words = (words ^ (words >> np.uint32(shift))) * np.uint32(factor)
    return words ^ (words >> np.uint32(16))
