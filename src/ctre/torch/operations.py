"""The operations of a sparse layer, as PyTorch's library, compiler and autograd know them.

Float32 on the CPU runs on the kernels of ctre, on the arrays themselves. Everything else is plain
PyTorch: a CSR product forward, and a gathered product for the gradient of the weights.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from ctre.kernels import LayerArrays, kernels
from ctre.torch.watch import watch_on

_GATHERED = 2**24  # elements that the gradient of the weights gathers at a time
_THREADS_WORK = 2**24  # products of a row and a connection that a further thread must have
_LIBRARY = torch.library.Library("ctre", "DEF")

with warnings.catch_warnings():  # once in a process, PyTorch says that CSR is in beta state
    warnings.simplefilter("ignore")
    torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1), check_invariants=True)


class SlowLayerWarning(UserWarning):
    """A layer is so dense that a dense one would be faster."""


_LIBRARY.define(
    "sparse_linear(Tensor input, Tensor values, Tensor indptr, Tensor indices, Tensor? bias)"
    " -> Tensor"
)
_LIBRARY.define(
    "sparse_linear_backward(Tensor error, Tensor input, Tensor values, Tensor indptr,"
    " Tensor indices, bool wants_input, bool wants_values, bool wants_bias)"
    " -> (Tensor, Tensor, Tensor)"
)
_LIBRARY.define("masked_gradient(Tensor gradient, Tensor mask) -> Tensor")


def sparse_linear(
    input: torch.Tensor,  # noqa: A002 - as PyTorch names it
    values: torch.Tensor,
    indptr: torch.Tensor,
    indices: torch.Tensor,
    bias: torch.Tensor | None,
) -> torch.Tensor:
    """Multiply rows (…, n_in) by a sparse matrix (n_out, n_in) in CSR form, and add a bias.

    Differentiable once, by input, values and bias; not under `torch.func` transforms.
    """
    result: torch.Tensor = _SparseLinear.apply(input, values, indptr, indices, bias)
    return result


def masked(weight: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Give the weight with exact zeros where the mask is false; so is its gradient."""
    result: torch.Tensor = _Masked.apply(weight, mask)
    return result


class _SparseLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, values, indptr, indices, bias):  # type: ignore[no-untyped-def]  # noqa: A002
        ctx.save_for_backward(input, values, indptr, indices)
        return torch.ops.ctre.sparse_linear(input, values, indptr, indices, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx, error):  # type: ignore[no-untyped-def]
        wants_input, wants_values, _, _, wants_bias = ctx.needs_input_grad
        by_input, by_values, by_bias = torch.ops.ctre.sparse_linear_backward(
            error, *ctx.saved_tensors, wants_input, wants_values, wants_bias
        )
        return (
            by_input if wants_input else None,
            by_values if wants_values else None,
            None,
            None,
            by_bias if wants_bias else None,
        )


class _Masked(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, mask):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(mask)
        return torch.where(mask, weight, 0)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        (mask,) = ctx.saved_tensors
        return torch.ops.ctre.masked_gradient(gradient, mask), None


def _threads_for(rows: torch.Tensor, values: torch.Tensor) -> int:
    """Choose the threads by the work, at most as many as PyTorch has.

    PyTorch's own threads spin on behind an operation and hold the cores: a millisecond's work is
    done sooner by one thread than by two that wait for one of theirs.
    """
    return min(torch.get_num_threads(), 1 + len(rows) * len(values) // _THREADS_WORK)


def _forward(
    input: torch.Tensor,  # noqa: A002
    values: torch.Tensor,
    indptr: torch.Tensor,
    indices: torch.Tensor,
    bias: torch.Tensor | None,
) -> torch.Tensor:
    n_out, n_in = len(indptr) - 1, input.shape[-1]
    _warn_where_dense_is_faster(values, n_in * n_out)
    rows = input.reshape(-1, n_in)
    shape = (*input.shape[:-1], n_out)
    if _is_for_kernels(values):
        sums = kernels().layer_forward(
            _arrays(n_in, values, indptr, indices, bias),
            _array(rows),
            n_threads=_threads_for(rows, values),
        )
        return torch.from_numpy(sums.reshape(shape))
    with torch.autocast(values.device.type, enabled=False):
        matrix = torch.sparse_csr_tensor(
            indptr, indices, values, (n_out, n_in), check_invariants=True
        )
        products = (matrix @ rows.T).T
        # Into memory of its own: autograd lets nobody write over a view that is made here.
        answer = values.new_empty(shape)
        answer.view(-1, n_out).copy_(products if bias is None else products + bias)
    return answer


def _backward(
    error: torch.Tensor,
    input: torch.Tensor,  # noqa: A002
    values: torch.Tensor,
    indptr: torch.Tensor,
    indices: torch.Tensor,
    wants_input: bool,
    wants_values: bool,
    wants_bias: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    n_out, n_in = len(indptr) - 1, input.shape[-1]
    rows, behind = input.reshape(-1, n_in), error.reshape(-1, n_out)
    watch = watch_on(indptr)
    if watch is not None:
        watch.catch(rows, behind)
    if _is_for_kernels(values):
        gradients = kernels().layer_backward(
            _arrays(n_in, values, indptr, indices, None),
            _array(rows),
            _array(behind),
            wants_samples=wants_input,
            wants_weights=wants_values,
            wants_biases=wants_bias,
            n_threads=_threads_for(rows, values),
        )
        if gradients.samples is not None:
            gradients = gradients._replace(samples=gradients.samples.reshape(input.shape))
        return tuple(
            error.new_empty(0) if gradient is None else torch.from_numpy(gradient)
            for gradient in gradients
        )
    by_input, by_values, by_bias = (error.new_empty(0) for _ in range(3))
    with torch.autocast(values.device.type, enabled=False):
        if wants_input:
            transposed = torch.sparse_csc_tensor(
                indptr, indices, values, (n_in, n_out), check_invariants=True
            )
            by_input = values.new_empty(input.shape)
            by_input.view(-1, n_in).copy_((transposed @ behind.T).T)
        if wants_values:
            by_values = _gathered_gradient(rows, behind, indptr, indices)
        if wants_bias:
            by_bias = behind.sum(0)
    return by_input, by_values, by_bias


def _gathered_gradient(
    rows: torch.Tensor, behind: torch.Tensor, indptr: torch.Tensor, indices: torch.Tensor
) -> torch.Tensor:
    """Sum input times error for each connection; O(n_rows * n_connections), piece by piece."""
    posts = torch.repeat_interleave(indptr.diff())
    before, after = rows.T.contiguous(), behind.T.contiguous()
    gradient = rows.new_empty(len(indices))
    width = max(1, _GATHERED // max(1, len(rows)))
    for first in range(0, len(indices), width):
        some = slice(first, first + width)
        gradient[some] = (before[indices[some]] * after[posts[some]]).sum(1)
    return gradient


def _masked_gradient(gradient: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    watch = watch_on(mask)
    if watch is not None:
        watch.catch(gradient)
    return torch.where(mask, gradient, 0)


for _name, _body in (
    ("sparse_linear", _forward),
    ("sparse_linear_backward", _backward),
    ("masked_gradient", _masked_gradient),
):
    _LIBRARY.impl(_name, _body, "CompositeExplicitAutograd")


@torch.library.register_fake("ctre::sparse_linear", lib=_LIBRARY)
def _(input, values, indptr, indices, bias):  # type: ignore[no-untyped-def]  # noqa: A002, ARG001
    return input.new_empty(*input.shape[:-1], len(indptr) - 1)


@torch.library.register_fake("ctre::sparse_linear_backward", lib=_LIBRARY)
def _(error, input, values, indptr, indices, wants_input, wants_values, wants_bias):  # type: ignore[no-untyped-def]  # noqa: A002, ARG001
    return (
        input.new_empty(input.shape if wants_input else (0,)),
        values.new_empty(values.shape if wants_values else (0,)),
        error.new_empty(len(indptr) - 1 if wants_bias else 0),
    )


@torch.library.register_fake("ctre::masked_gradient", lib=_LIBRARY)
def _(gradient, mask):  # type: ignore[no-untyped-def]  # noqa: ARG001
    return torch.empty_like(gradient)


def _is_for_kernels(values: torch.Tensor) -> bool:
    return values.device.type == "cpu" and values.dtype == torch.float32


def _array(values: torch.Tensor) -> np.ndarray:
    return values.detach().contiguous().numpy()


def _arrays(
    n_in: int,
    values: torch.Tensor,
    indptr: torch.Tensor,
    indices: torch.Tensor,
    bias: torch.Tensor | None,
) -> LayerArrays:
    biases = np.zeros(len(indptr) - 1, np.float32) if bias is None else _array(bias)
    return LayerArrays(n_in, _array(indptr), _array(indices), _array(values), biases)


_BREAK_EVEN = {True: 0.25, False: 0.01}
"""Density from which a dense layer is about as fast: on the kernels (``benchmarks/torch_layers.py``
measures it), and on PyTorch's own sparse products, which the CPU's float64 stands for."""
_MANY_PLACES = 2**16  # smaller layers are not worth a warning
_warned: set[bool] = set()


def _warn_where_dense_is_faster(values: torch.Tensor, n_places: int) -> None:
    has_kernels = _is_for_kernels(values)
    density = len(values) / n_places
    if has_kernels in _warned or n_places < _MANY_PLACES or density <= _BREAK_EVEN[has_kernels]:
        return
    _warned.add(has_kernels)
    where = "" if has_kernels else f" in {values.dtype} on {values.device.type!r}"
    warnings.warn(
        f"A SparseLinear of density {density:.3g}{where} is slower than nn.Linear, which is as "
        f"fast from about {_BREAK_EVEN[has_kernels]:.3g}. Use nn.Linear there (sparsify_ has "
        "skip=), or a lower density.",
        SlowLayerWarning,
        stacklevel=2,
    )
