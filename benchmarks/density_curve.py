"""Up to which density is sparse training faster than dense training under a mask?"""

from __future__ import annotations

import numpy as np
from measure import options, report
from race import Rival, race, title
from trainers.torch_dense import TorchDense, TorchMask
from workloads import CIFAR_SIZES, Work

from ctre.density import uniform_counts

_DENSITIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5)
_N_ROWS = 10_000
_RIVALS = {"torch mask": Rival(TorchMask), "torch dense": Rival(TorchDense)}


def main() -> None:
    chosen = options(__doc__, n_rounds=7, offer_cpu_time=True)
    with report(__doc__, chosen) as results:
        curve = {}
        for density in _DENSITIES:
            work = Work.generate(CIFAR_SIZES, uniform_counts(CIFAR_SIZES, density), _N_ROWS)
            curve[density] = {"connections": work.counts, **race(work, _RIVALS, chosen)}
        results["layer_sizes"] = CIFAR_SIZES
        results["break_even_density"] = {
            title(name, n): _break_even(
                [point["times_slower_than_ours"][title(name, n)] for point in curve.values()]
            )
            for name, rival in _RIVALS.items()
            for n in rival.threads(chosen)
        }
        results["curve"] = curve


def _break_even(ratios: list[float]) -> float | None:
    """Find the density of ratio 1, on straight lines between logarithms; None if never reached."""
    if min(ratios) > 1:
        return None
    ours_over_rival = -np.log(ratios)  # rises with density
    return float(np.exp(np.interp(0.0, ours_over_rival, np.log(_DENSITIES))))


if __name__ == "__main__":
    main()
