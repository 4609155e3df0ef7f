"""Truly sparse layers, and every way to evolve them, in anybody's PyTorch model.

Needs the extra ``torch``: ``pip install 'ctre[torch]'``. ``import ctre`` does not load this.
"""

from ctre.errors import MissingExtraError

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise MissingExtraError("torch", "torch", "training sparse layers in PyTorch") from error

from ctre.torch.changes import LayerChange
from ctre.torch.convolution import MaskedWeight
from ctre.torch.estimators import from_estimator, to_estimator
from ctre.torch.evolution import Evolution
from ctre.torch.linear import SparseLinear
from ctre.torch.operations import SlowLayerWarning
from ctre.torch.sparsify import sparsify_

__all__ = [
    "Evolution",
    "LayerChange",
    "MaskedWeight",
    "SlowLayerWarning",
    "SparseLinear",
    "from_estimator",
    "sparsify_",
    "to_estimator",
]
