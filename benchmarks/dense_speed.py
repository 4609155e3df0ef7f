"""How long does a batch of the dense baseline take, and how long with scikit-learn?"""

from __future__ import annotations

from itertools import pairwise

from measure import arguments, report
from race import Rival, race, verify
from trainers.ours import Ours
from trainers.sklearn_dense import SklearnDense
from workloads import MADELON_ROWS, MADELON_SIZES, MNIST_SIZES, Work

_SETTINGS = {"500-1000-1000-1000-2": MADELON_SIZES, "784-1000-1000-1000-10": MNIST_SIZES}
_RIVALS = {"sklearn dense": Rival(SklearnDense)}


def main() -> None:
    chosen = arguments(__doc__, n_rounds=9, offer_cpu_time=True)
    with report(__doc__, cpu_time=chosen.cpu_time) as results:
        for setting, sizes in _SETTINGS.items():
            counts = tuple(n_pre * n_post for n_pre, n_post in pairwise(sizes))
            work = Work.generate(sizes, counts, MADELON_ROWS)
            results[setting] = {
                "connections": work.counts,
                "verified": verify(work, Ours, _RIVALS),
                **race(work, Ours, _RIVALS, chosen),
            }


if __name__ == "__main__":
    main()
