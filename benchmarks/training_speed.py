"""How long does one batch of training take, and how long with the rivals?"""

from __future__ import annotations

from measure import arguments, report
from race import Rival, race, verify
from trainers.ours import Ours
from trainers.scipy_csr import SciPyCSR
from trainers.sklearn_dense import SklearnDense
from trainers.sparselab_padded import SparseLab
from trainers.torch_csr import TorchCSR, TorchCSRByHand
from trainers.torch_dense import TorchMask
from workloads import BATCH_SIZE, MADELON_ROWS, MADELON_SIZES, MNIST_ROWS, MNIST_SIZES, Work

from ctre.density import erdos_renyi_counts

_SETTINGS = {
    "784-1000-1000-1000-10, epsilon 1": (MNIST_SIZES, MNIST_ROWS, 1, BATCH_SIZE),
    "784-1000-1000-1000-10, epsilon 13": (MNIST_SIZES, MNIST_ROWS, 13, BATCH_SIZE),
    "500-1000-1000-1000-2, epsilon 1": (MADELON_SIZES, MADELON_ROWS, 1, BATCH_SIZE),
    "784-1000-1000-1000-10, epsilon 1, batches of 32": (MNIST_SIZES, MNIST_ROWS, 1, 32),
    "784-1000-1000-1000-10, epsilon 1, batches of 16": (MNIST_SIZES, MNIST_ROWS, 1, 16),
}
_RIVALS = {
    "torch mask": Rival(TorchMask),
    "torch CSR": Rival(TorchCSR),
    "torch CSR by hand": Rival(TorchCSRByHand),
    "sparselab": Rival(SparseLab),
    "scipy CSR": Rival(SciPyCSR, is_threaded=False),
    "sklearn dense": Rival(SklearnDense),
}


def main() -> None:
    chosen = arguments(__doc__, n_rounds=9, offer_cpu_time=True)
    with report(__doc__, cpu_time=chosen.cpu_time) as results:
        for setting, (sizes, n_rows, epsilon, batch_size) in _SETTINGS.items():
            counts = erdos_renyi_counts(sizes, epsilon)
            work = Work.generate(sizes, counts, n_rows, batch_size)
            results[setting] = {
                "connections": work.counts,
                "verified": verify(work, Ours, _RIVALS),
                **race(work, Ours, _RIVALS, chosen),
            }


if __name__ == "__main__":
    main()
