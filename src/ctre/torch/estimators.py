"""Between fitted estimators and PyTorch modules, over the same memory."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import TypeVar

import torch
from torch import nn

from ctre.errors import InvalidParameterError
from ctre.estimators.base import SparseMLP
from ctre.kernels import LEAK, Activation
from ctre.network import SparseLayer, SparseNetwork
from ctre.torch.linear import SparseLinear

_Estimator = TypeVar("_Estimator", bound=SparseMLP)

_MODULES: Mapping[Activation, nn.Module] = MappingProxyType(
    {
        "relu": nn.ReLU(),
        "leaky_relu": nn.LeakyReLU(LEAK),
        "tanh": nn.Tanh(),
        "logistic": nn.Sigmoid(),
        "identity": nn.Identity(),
    }
)


def from_estimator(estimator: SparseMLP) -> nn.Sequential:
    """Give the network of a fitted estimator as a module; weights and biases are its own memory.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        Fitted.

    Returns
    -------
    Sequential
        From rows as the network sees them, that is scaled, to the scores. What
        trains the module trains the estimator. A topology update parts the two: the estimator
        keeps what it had.

    Raises
    ------
    InvalidParameterError
        If the estimator is not fitted.
    """
    network: SparseNetwork | None = getattr(estimator, "network_", None)
    if network is None:
        raise InvalidParameterError(
            "estimator must be fitted, and is not. Call its fit(X, y) first."
        )
    parts: list[nn.Module] = []
    for layer in network.layers:
        module = SparseLinear.of(
            layer.topology, torch.from_numpy(layer.weights), torch.from_numpy(layer.biases)
        )
        module.is_shared = True
        parts += [copy(_MODULES[network.activation]), module] if parts else [module]
    return nn.Sequential(*parts)


def to_estimator(module: nn.Sequential, like: _Estimator) -> _Estimator:
    """Give an estimator that predicts by a module, over the module's own memory.

    Parameters
    ----------
    module : Sequential
        `SparseLinear` layers in float32 on the CPU, each with a bias, with the estimator's
        activation between them, as `from_estimator` gives it. Its topologies are copied; after an
        update of them, ask for a new estimator.
    like : SparseMLPClassifier or SparseMLPRegressor
        Fitted: its classes, scaling and parameters are taken over. It is not changed.

    Returns
    -------
    SparseMLPClassifier or SparseMLPRegressor
        A fitted one, of the same class.

    Raises
    ------
    InvalidParameterError
        If the module is no such row of layers, or does not fit the estimator.
    """
    if getattr(like, "network_", None) is None:
        raise InvalidParameterError("like must be fitted, and is not. Call its fit(X, y) first.")
    activation = like.network_.activation
    linear, between = list(module)[::2], list(module)[1::2]
    fits = (
        len(module) % 2 == 1
        and all(isinstance(layer, SparseLinear) for layer in linear)
        and all(type(part) is type(_MODULES[activation]) for part in between)
    )
    if not fits:
        raise InvalidParameterError(
            f"module must be a Sequential of SparseLinear layers with {_MODULES[activation]} "
            f"between them, got {module}."
        )
    network = SparseNetwork([_layer_of(layer) for layer in linear], activation, like.network_.loss)
    ends = (like.network_.layer_sizes[0], like.network_.layer_sizes[-1])
    if (network.layer_sizes[0], network.layer_sizes[-1]) != ends:
        raise InvalidParameterError(
            f"module must lead from {ends[0]} features to {ends[1]} scores as like does, got "
            f"{network.layer_sizes[0]} to {network.layer_sizes[-1]}."
        )
    estimator = copy(like)
    estimator.network_ = network
    return estimator


def _layer_of(layer: SparseLinear) -> SparseLayer:
    parameters = (layer.values, layer.bias)
    if any(
        part is None or part.dtype != torch.float32 or part.device.type != "cpu"
        for part in parameters
    ):
        raise InvalidParameterError(
            "module must have weights and biases in float32 on the CPU, got "
            f"{layer}. Convert it: module.float().cpu()."
        )
    values, bias = (part.detach().numpy() for part in parameters if part is not None)
    return SparseLayer(layer.topology, values, bias)
