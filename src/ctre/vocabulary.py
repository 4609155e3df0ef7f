"""Names that users write and several layers spell, each once; nothing is imported for them."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Activation: TypeAlias = Literal["relu", "leaky_relu", "tanh", "logistic", "identity"]
Loss: TypeAlias = Literal["softmax_cross_entropy", "logistic", "squared_error"]
ScheduleName: TypeAlias = Literal["constant", "cosine", "linear", "step"]
WeightInitName: TypeAlias = Literal["normal", "uniform"]
Solver: TypeAlias = Literal["sgd", "adam"]
ScalingName: TypeAlias = Literal["auto", "minmax", "standard", "std", "none"]

ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
LOSSES: tuple[Loss, ...] = get_args(Loss)
SCHEDULE_NAMES: tuple[ScheduleName, ...] = get_args(ScheduleName)
WEIGHT_INIT_NAMES: tuple[WeightInitName, ...] = get_args(WeightInitName)
SOLVERS: tuple[Solver, ...] = get_args(Solver)
SCALINGS: tuple[ScalingName, ...] = get_args(ScalingName)
