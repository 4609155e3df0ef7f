"""Sparse multi-layer perceptrons."""

from ctre.network.dense import DenseNetwork
from ctre.network.initialization import WEIGHT_INITS, get_weight_init
from ctre.network.layer import SparseLayer
from ctre.network.network import SparseNetwork

__all__ = ["WEIGHT_INITS", "DenseNetwork", "SparseLayer", "SparseNetwork", "get_weight_init"]
