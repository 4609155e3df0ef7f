"""Signatures of the C++ extension; `ctre.kernels.native` says what they mean."""

from collections.abc import Callable
from typing import Any

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.kernels.contract import SGD, Adam, InputDropout, LayerArrays

_Compressed = tuple[int, KeyArray, IndexArray, FloatArray]
"""The length of the other axis, indptr, indices and data of a CSR or CSC matrix."""

def isa() -> str: ...
def train_epoch(
    layers: list[LayerArrays],
    samples: FloatArray | _Compressed,
    targets: IndexArray | FloatArray,
    order: IndexArray,
    sample_weight: FloatArray | None,
    input_dropout: InputDropout | None,
    batch_size: int,
    activation: str,
    loss: str,
    optimizer_kind: str,
    optimizer: SGD | Adam,
    n_threads: int,
    tick: Callable[[int], None] | None,
) -> tuple[float, int]: ...
def forward(
    layers: list[LayerArrays],
    samples: FloatArray | _Compressed,
    activation: str,
    n_threads: int,
    hidden: list[FloatArray],
    out: FloatArray,
) -> None: ...
def layer_forward(
    layer: LayerArrays, samples: FloatArray, n_threads: int, out: FloatArray
) -> None: ...
def layer_backward(
    layer: LayerArrays,
    samples: FloatArray,
    error: FloatArray,
    n_threads: int,
    sample_gradient: FloatArray | None,
    weight_gradient: FloatArray | None,
    bias_gradient: FloatArray | None,
) -> None: ...
def best_absent_pairs(
    form: tuple[Any, ...],
    indptr: IndexArray,
    indices: IndexArray,
    n_threads: int,
    out: KeyArray,
) -> None: ...
def pair_scores(
    form: tuple[Any, ...],
    indptr: IndexArray,
    indices: IndexArray,
    n_threads: int,
    out: FloatArray,
) -> None: ...
