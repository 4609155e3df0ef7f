"""Up to which density is sparse training faster than dense training under a mask?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from measure import arguments, report
from race import Rival, race, title
from trainers.ours import Ours
from trainers.torch_dense import TorchDense, TorchMask
from workloads import CIFAR_SIZES, Work

from ctre.density import erdos_renyi_counts

_DENSITIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5)
_N_ROWS = 10_000
_RIVALS = {"torch mask": Rival(TorchMask), "torch dense": Rival(TorchDense)}


def main() -> None:
    chosen = arguments(__doc__, n_rounds=7, offer_cpu_time=True)
    with report(__doc__, cpu_time=chosen.cpu_time) as results:
        curve = {}
        for density in _DENSITIES:
            work = Work.generate(CIFAR_SIZES, _counts(density), _N_ROWS)
            curve[density] = {"connections": work.counts, **race(work, Ours, _RIVALS, chosen)}
        results["layer_sizes"] = CIFAR_SIZES
        results["break_even_density"] = {
            title(name, n): _break_even(
                [point["times_slower_than_ours"][title(name, n)] for point in curve.values()]
            )
            for name, rival in _RIVALS.items()
            for n in rival.threads(chosen)
        }
        results["curve"] = curve


def _counts(density: float) -> tuple[int, ...]:
    """Spread the connections as Erdős–Rényi does.

    A uniform density of 0.1 % would leave five in the last layer: next to nothing would reach the
    output, and next to nothing be computed.
    """
    n_wanted = density * sum(n_pre * n_post for n_pre, n_post in pairwise(CIFAR_SIZES))
    lower, upper = 0.01, float(CIFAR_SIZES[0])
    for _ in range(50):
        middle = (lower + upper) / 2
        is_enough = sum(erdos_renyi_counts(CIFAR_SIZES, middle)) >= n_wanted
        lower, upper = (lower, middle) if is_enough else (middle, upper)
    return erdos_renyi_counts(CIFAR_SIZES, upper)


def _break_even(ratios: list[float]) -> float | None:
    """Find the density of ratio 1, on straight lines between logarithms; None if never reached."""
    if min(ratios) > 1:
        return None
    ours_over_rival = -np.log(ratios)  # rises with density
    return float(np.exp(np.interp(0.0, ours_over_rival, np.log(_DENSITIES))))


if __name__ == "__main__":
    main()
