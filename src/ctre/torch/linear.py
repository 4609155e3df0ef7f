"""A linear layer that holds its connections and nothing else."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from ctre.density import erdos_renyi_counts, uniform_counts
from ctre.errors import InvalidParameterError
from ctre.estimators.rules import Number
from ctre.topology import Topology
from ctre.torch.checks import COUNT, DENSITY, WHOLE, require
from ctre.torch.operations import sparse_linear

_MOST = 2**31 - 1  # indices are int32
_COMPUTED_IN = {  # no sparse product knows the halves
    torch.float64: torch.float64,
    torch.float32: torch.float32,
    torch.float16: torch.float32,
    torch.bfloat16: torch.float32,
}


class SparseLinear(nn.Module):
    """``nn.Linear`` with few of its weights, and neither gradient nor memory for the others.

    Give one of ``density``, ``epsilon`` and ``n_connections``. Places and weights are drawn from
    PyTorch's generator, so that `torch.manual_seed` decides them.

    Parameters
    ----------
    in_features, out_features : int
        Neurons before and behind the layer.
    density : float in (0, 1], optional
        Connections per place (dimensionless).
    epsilon : float, optional
        Connections per neuron, of both sides: ``int(epsilon * (in_features + out_features))``.
    n_connections : int, optional
        How many.
    bias : bool, default=True
        Whether a bias is learned.
    device, dtype : optional
        Where ``values`` and ``bias`` live, and as what.

    Attributes
    ----------
    values : Parameter of shape (n_connections,)
        The weights, by neuron behind the layer, then by neuron before it.
    indptr : int32 buffer of shape (out_features + 1,)
        Connections ``indptr[q]:indptr[q + 1]`` enter neuron q.
    indices : int32 buffer of shape (n_connections,)
        The neuron before the layer of each, ascending within a neuron behind it.
    bias : Parameter of shape (out_features,), or None

    Raises
    ------
    InvalidParameterError
        If not exactly one way to say the number of connections is given, or it is impossible; of
        an input that is not such rows.

    Notes
    -----
    A row costs O(n_connections + in_features + out_features), forward and backward. In float32 on
    the CPU the kernels of ctre run, on at most as many threads as PyTorch has, with equal
    bits for any number; elsewhere PyTorch's own sparse products. Under autocast it computes in
    float32. It is differentiable once.

    Examples
    --------
    >>> import torch
    >>> layer = SparseLinear(784, 1000, density=0.05)
    >>> layer(torch.rand(2, 3, 784)).shape
    torch.Size([2, 3, 1000])
    """

    values: nn.Parameter
    indptr: torch.Tensor
    indices: torch.Tensor
    bias: nn.Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        density: float | None = None,
        epsilon: float | None = None,
        n_connections: int | None = None,
        bias: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        count = _count(in_features, out_features, density, epsilon, n_connections)
        rng = np.random.default_rng(torch.randint(2**62, (), dtype=torch.int64).item())
        topology = Topology.random(in_features, out_features, count, rng)
        values = torch.empty(count, device=device, dtype=dtype)
        self._take(topology, values, values.new_empty(out_features) if bias else None)
        self.reset_parameters()

    @classmethod
    def of(cls, topology: Topology, values: torch.Tensor, bias: torch.Tensor | None = None) -> Self:
        """Make the layer with these connections; memory of values and bias is shared.

        Parameters
        ----------
        topology : Topology
            Its arrays are copied, since a topology never changes and the layer's buffers do.
        values : tensor of shape (n_connections,)
            In key order.
        bias : tensor of shape (out_features,), optional
            None for a layer without.
        """
        layer = cls.__new__(cls)
        nn.Module.__init__(layer)
        layer._take(topology, values.detach(), None if bias is None else bias.detach())
        return layer

    def _take(self, topology: Topology, values: torch.Tensor, bias: torch.Tensor | None) -> None:
        _require_type(values.dtype)
        self.in_features, self.out_features = topology.n_pre, topology.n_post
        self.budget: int | None = None
        """Connections it is to end with, where a start has others; None for those it has."""
        self.is_shared = False
        """Whether an estimator lives in the memory of values and bias."""
        self.values = nn.Parameter(values)
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias))
        for name in ("indptr", "indices"):
            buffer = torch.tensor(getattr(topology, name), device=values.device)
            self.register_buffer(name, buffer)

    def reset_parameters(self) -> None:
        """Draw values and bias as ``nn.Linear`` does, for the connections that enter a neuron."""
        n_entering = max(1.0, self.n_connections / self.out_features)
        bound = 1 / math.sqrt(n_entering)
        nn.init.uniform_(self.values, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - as nn.Linear names it
        """Give the input sums (…, out_features) of rows (…, in_features)."""
        values, bias = self.values, self.bias
        if not isinstance(input, torch.Tensor) or input.layout != torch.strided:
            what = f"{input.layout} tensor" if isinstance(input, torch.Tensor) else type(input)
            raise InvalidParameterError(
                f"input must be a dense tensor, got {what}. Convert it by torch.as_tensor(...) or "
                ".to_dense()."
            )
        if input.shape[-1:] != (self.in_features,):
            raise InvalidParameterError(
                f"input must be of shape (…, {self.in_features}), got {tuple(input.shape)}."
            )
        if input.dtype != values.dtype and torch.is_autocast_enabled(input.device.type):
            input = input.to(values.dtype)  # noqa: A001
        if input.dtype != values.dtype:
            raise InvalidParameterError(
                f"input must be of the layer's type, {values.dtype}, got {input.dtype}. Convert "
                "one of them by .to(...)."
            )
        _require_type(values.dtype)
        wide = _COMPUTED_IN[values.dtype]
        sums = sparse_linear(
            input.to(wide),
            values.to(wide),
            self.indptr,
            self.indices,
            None if bias is None else bias.to(wide),
        )
        return sums.to(values.dtype)

    @property
    def n_connections(self) -> int:
        """Number of connections."""
        return len(self.values)

    @property
    def density(self) -> float:
        """Connections per place, in [0, 1]."""
        return self.n_connections / (self.in_features * self.out_features)

    @property
    def topology(self) -> Topology:
        """Its connections, as they are now: a copy."""
        return Topology(
            self.in_features,
            self.out_features,
            self.indptr.cpu().numpy().copy(),
            self.indices.cpu().numpy().copy(),
        )

    @property
    def weight(self) -> torch.Tensor:
        """The dense matrix (out_features, in_features), made anew: for what wants nn.Linear's."""
        posts = torch.repeat_interleave(self.indptr.diff())
        dense = self.values.new_zeros(self.out_features, self.in_features)
        return dense.index_put((posts, self.indices.long()), self.values)

    def extra_repr(self) -> str:
        """Say what is not seen of the children."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"n_connections={self.n_connections}, density={self.density:.3g}, "
            f"bias={self.bias is not None}"
        )

    def resize_(self, n_connections: int) -> None:
        """Make room for another number of connections, all of them still to be filled in.

        ``values`` stays the same Parameter, so that an optimizer goes on with it.
        """
        self.values.data = self.values.data.new_zeros(n_connections)
        self.values.grad = None
        self.indices = self.indices.new_zeros(n_connections)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        parts: list[Any] = [
            state_dict.get(prefix + name) for name in ("values", "indptr", "indices")
        ]
        values, indptr, indices = parts
        if all(isinstance(part, torch.Tensor) for part in parts):
            complaint = self._complaint(values, indptr, indices)
            if complaint:
                error_msgs.append(f"{prefix}{complaint}")
                return
            if len(values) != self.n_connections:
                self.resize_(len(values))
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def _complaint(
        self, values: torch.Tensor, indptr: torch.Tensor, indices: torch.Tensor
    ) -> str | None:
        """Say what is wrong with connections from elsewhere."""
        if indptr.shape != (self.out_features + 1,) or indices.shape != values.shape:
            return (
                f"indptr must be of shape ({self.out_features + 1},) and indices of that of "
                f"values, got {tuple(indptr.shape)}, {tuple(indices.shape)} and "
                f"{tuple(values.shape)}."
            )
        if values.ndim != 1 or indptr.is_floating_point() or indices.is_floating_point():
            return "values must be one-dimensional, indptr and indices integers."
        offsets, pres = indptr.cpu().numpy().astype(np.int64), indices.cpu().numpy()
        if offsets[0] != 0 or offsets[-1] != len(pres) or np.any(np.diff(offsets) < 0):
            return f"indptr must ascend from 0 to {len(pres)}."
        if np.any(pres < 0) or np.any(pres >= self.in_features):
            return f"indices must lie in [0, {self.in_features})."
        posts = np.repeat(np.arange(self.out_features), np.diff(offsets))
        if np.any(np.diff(posts * self.in_features + pres) <= 0):
            return "indices must ascend within each neuron."
        return None


def _require_type(dtype: torch.dtype) -> None:
    if dtype not in _COMPUTED_IN:
        raise InvalidParameterError(
            f"dtype must be one of {', '.join(map(str, _COMPUTED_IN))}, got {dtype}."
        )


def _count(
    n_pre: int,
    n_post: int,
    density: float | None,
    epsilon: float | None,
    n_connections: int | None,
) -> int:
    for name, value in (("in_features", n_pre), ("out_features", n_post)):
        require(name, COUNT, value)
        if value > _MOST:
            raise InvalidParameterError(f"{name} must be at most {_MOST}, got {value}.")
    given = [value for value in (density, epsilon, n_connections) if value is not None]
    if len(given) != 1:
        raise InvalidParameterError(
            "Exactly one of density, epsilon and n_connections must be given, got "
            f"density={density}, epsilon={epsilon}, n_connections={n_connections}."
        )
    if density is not None:
        require("density", DENSITY, density)
        return uniform_counts((n_pre, n_post), density)[0]
    if epsilon is not None:
        require("epsilon", Number(0, low_open=True), epsilon)
        return erdos_renyi_counts((n_pre, n_post), epsilon)[0]
    assert n_connections is not None
    require("n_connections", WHOLE, n_connections)
    if n_connections > n_pre * n_post:
        raise InvalidParameterError(
            f"n_connections must be at most {n_pre * n_post}, the number of places between "
            f"{n_pre} and {n_post} neurons, got {n_connections}."
        )
    return int(n_connections)
