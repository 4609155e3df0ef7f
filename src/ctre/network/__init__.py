"""Sparse multi-layer perceptrons."""

from ctre.network.initialization import WEIGHT_INITS, get_weight_init
from ctre.network.layer import SparseLayer
from ctre.network.network import SparseNetwork

__all__ = ["WEIGHT_INITS", "SparseLayer", "SparseNetwork", "get_weight_init"]
