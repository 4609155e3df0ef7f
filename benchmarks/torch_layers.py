"""How fast is one sparse layer in PyTorch, forward and backward, beside a dense one and others?

Every contestant is called with the same rows and error signals, one after the other in each round,
and is compared with ``nn.Linear`` of the same round.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from measure import Spread, arguments, interleave, limited_threads, report, seconds
from torch import Tensor, nn
from torch.nn import functional
from trainers.sparselab_padded import sparse_linear as sparselab_linear
from trainers.torch_csr import CSRLinear, SampledLinear

from ctre.kernels import BilinearForm, kernels
from ctre.network import SparseLayer
from ctre.topology import Topology
from ctre.torch import SlowLayerWarning, SparseLinear

_SHAPES = {"784 -> 1000, batch 100": (784, 1000, 100), "768 -> 3072, batch 2048": (768, 3072, 2048)}
_DENSITIES = (0.01, 0.02, 0.05, 0.1)
_HIGHER = (0.15, 0.2, 0.3)  # where the dense layer is met


class _Masked(nn.Module):
    """A dense layer, of whose weight a mask is left."""

    def __init__(self, layer: SparseLayer) -> None:
        super().__init__()
        dense = torch.from_numpy(layer.topology.as_matrix(layer.weights).T.toarray())
        self.weight, self.mask = nn.Parameter(dense), (dense != 0).float()
        self.bias = nn.Parameter(torch.zeros(len(dense)))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight * self.mask, self.bias)


class _Turned(nn.Module):
    """A layer that wants (neurons, rows)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        turned: Tensor = self.layer(x.t()).t()
        return turned


def _ours(layer: SparseLayer) -> nn.Module:
    return SparseLinear.of(layer.topology, torch.tensor(layer.weights), torch.tensor(layer.biases))


_SPARSE: Mapping[str, Callable[[SparseLayer], nn.Module]] = {
    "ctre": _ours,
    "mask": _Masked,
    "torch CSR": lambda layer: _Turned(CSRLinear(layer)),
    "torch CSR by hand": lambda layer: _Turned(SampledLinear(layer)),
    "sparselab": sparselab_linear,
}


def _layer(n_pre: int, n_post: int, density: float) -> SparseLayer:
    rng = np.random.default_rng(0)
    topology = Topology.random(n_pre, n_post, round(density * n_pre * n_post), rng)
    weights = rng.normal(0, 0.1, topology.n_connections).astype(np.float32)
    return SparseLayer(topology, weights, np.zeros(n_post, dtype=np.float32))


def _pass(
    module: nn.Module, rows: Tensor, error: Tensor, clock: Callable[[], float]
) -> Callable[[], float]:
    def forward_and_backward() -> None:
        module.zero_grad()
        rows.grad = None
        module(rows).backward(error)

    def measured() -> float:
        forward_and_backward()  # fills caches, while threads of whoever was before may still spin
        return seconds(forward_and_backward, clock)

    return measured


def _race(
    shape: tuple[int, int, int],
    density: float,
    only: str | None,
    n_rounds: int,
    clock: Callable[[], float],
) -> Any:
    n_pre, n_post, n_rows = shape
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(n_rows, n_pre, generator=generator).requires_grad_()
    error = torch.randn(n_rows, n_post, generator=generator)
    layer = _layer(n_pre, n_post, density)
    contestants = {"nn.Linear": _pass(nn.Linear(n_pre, n_post), rows, error, clock)}
    for name, make in _SPARSE.items():
        if only in (None, name):
            contestants[name] = _pass(make(layer), rows, error, clock)
    taken: list[dict[str, float]] = []
    for _ in range(n_rounds):
        spreads = interleave(contestants, 1)
        taken.append({name: spread.median for name, spread in spreads.items()})
    dense = [round_["nn.Linear"] for round_ in taken]
    return {
        "nn.Linear, milliseconds": Spread.of([1e3 * value for value in dense]),
        # What is left of strangers where even the median of the ratios is theirs.
        "of the fastest rounds": {
            name: min(dense) / min(round_[name] for round_ in taken)
            for name in contestants
            if name != "nn.Linear"
        },
        **{
            name: Spread.of([by / round_[name] for by, round_ in zip(dense, taken, strict=True)])
            for name in contestants
            if name != "nn.Linear"
        },
    }


def _weight_gradient(n_rounds: int) -> Any:
    """Compare with what was there before: the scores of pairs, of which gradients are a kind."""
    layer = _layer(784, 1000, 26_000 / 784_000)
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(100, 784)).astype(np.float32)
    error = rng.normal(size=(100, 1000)).astype(np.float32)
    topology, form = layer.topology, BilinearForm(rows, error, absolute=False)
    chosen = kernels()
    spreads = interleave(
        {
            "forward": lambda: seconds(
                lambda: chosen.layer_forward(layer.arrays(), rows, n_threads=1)
            ),
            "gradient of the weights": lambda: seconds(
                lambda: chosen.layer_backward(
                    layer.arrays(), rows, error, wants_samples=False, wants_weights=True,
                    wants_biases=False, n_threads=1,
                )
            ),
            "pair_scores": lambda: seconds(
                lambda: chosen.pair_scores(form, topology.indptr, topology.indices, n_threads=1)
            ),
        },
        n_rounds,
    )  # fmt: skip
    return {name: spread.lowest * 1e6 for name, spread in spreads.items()}


def main() -> None:
    question = sys.modules[__name__].__doc__ or ""
    chosen = arguments(question.splitlines()[0], 15, offer_cpu_time=True)
    warnings.simplefilter("ignore", SlowLayerWarning)  # how slow is what is asked
    with report(question.splitlines()[0], cpu_time=chosen.cpu_time) as results:
        for n_threads in chosen.threads:
            with limited_threads(n_threads):
                races = results.setdefault("times as fast as nn.Linear", {}).setdefault(
                    f"{n_threads} threads", {}
                )
                for name, shape in _SHAPES.items():
                    n_rounds = 5 * chosen.rounds if shape[2] < 1000 else max(3, chosen.rounds // 3)
                    for density in _DENSITIES:
                        races[f"{name}, {density:.0%}"] = _race(
                            shape, density, None, n_rounds, chosen.clock
                        )
                    for density in _HIGHER:
                        races[f"{name}, {density:.0%}"] = _race(
                            shape, density, "ctre", n_rounds, chosen.clock
                        )
        results["microseconds, 26,000 connections of 784 x 1000, batch 100, one thread"] = (
            _weight_gradient(10 * chosen.rounds)
        )


if __name__ == "__main__":
    main()
