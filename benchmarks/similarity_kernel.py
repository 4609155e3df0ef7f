"""How much longer does CTRE's search for similar pairs take than the bare product in BLAS?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from measure import arguments, interleave, limited_threads, report, seconds

from ctre._typing import FloatArray, IndexArray
from ctre.kernels import BilinearForm, native
from ctre.topology import Topology

_DROP_FRACTION = 0.2
_SETTINGS = {
    f"{n_rows} rows, {n_pre} x {n_post}, epsilon {epsilon}": (n_rows, n_pre, n_post, epsilon)
    for n_rows, n_pre, n_post, epsilon in [
        (512, 500, 1000, 1),
        (512, 1000, 1000, 1),
        (512, 1000, 1000, 13),
        (54_000, 784, 1000, 1),
        (54_000, 1000, 1000, 13),
    ]
}


@dataclass(frozen=True)
class Layer:
    """Activations after a ReLU, half of them zero and a share of the neurons dead."""

    form: BilinearForm
    indptr: IndexArray
    indices: IndexArray

    @classmethod
    def generate(
        cls, n_rows: int, n_pre: int, n_post: int, epsilon: float, dead: float = 0
    ) -> Layer:
        random = np.random.default_rng(0)

        def activations(n_neurons: int) -> FloatArray:
            values = random.standard_normal((n_rows, n_neurons), dtype=np.float32)
            values[:, random.random(n_neurons) < dead] = 0
            return np.maximum(values, 0, out=values)

        topology = Topology.random(n_pre, n_post, int(epsilon * (n_pre + n_post)), random)
        form = BilinearForm(activations(n_pre), activations(n_post))
        return cls(form, topology.indptr, topology.indices)

    def search(self, n_threads: int) -> Callable[[], float]:
        count = int(_DROP_FRACTION * self.indices.size)
        return lambda: seconds(
            lambda: native.best_absent_pairs(
                self.form, self.indptr, self.indices, count, n_threads=n_threads
            )
        )

    def product(self) -> Callable[[], float]:
        pre, post = self.form.pre, self.form.post
        assert isinstance(pre, np.ndarray)
        out = np.empty((pre.shape[1], post.shape[1]), dtype=np.float32)
        return lambda: seconds(lambda: np.matmul(pre.T, post, out=out))


def main() -> None:
    n_rounds = arguments(__doc__, n_rounds=9).rounds
    with report(__doc__) as results:
        for setting, shape in _SETTINGS.items():
            whole, half_dead = Layer.generate(*shape), Layer.generate(*shape, dead=0.5)
            for n_threads in (1, 2):
                results[f"{setting}, {n_threads} threads"] = _race(
                    whole, half_dead, n_threads, n_rounds
                )


def _race(whole: Layer, half_dead: Layer, n_threads: int, n_rounds: int) -> dict[str, Any]:
    with limited_threads(n_threads):
        times = interleave(
            {
                "search": whole.search(n_threads),
                "search, half of the neurons dead": half_dead.search(n_threads),
                "product in BLAS": whole.product(),
            },
            n_rounds,
        )
    n_rows, n_pre = whole.form.pre.shape
    product = times["product in BLAS"]
    return {
        "seconds": times,
        "product_over_search": product.median / times["search"].median,
        "search_gflops": 2e-9 * n_rows * n_pre * whole.form.post.shape[1] / times["search"].median,
    }


if __name__ == "__main__":
    main()
