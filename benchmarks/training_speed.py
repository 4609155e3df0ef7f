"""How long does one batch of training take, and how long with the rivals?"""

from __future__ import annotations

from typing import Any

import numpy as np
from measure import arguments, limited_threads, report
from race import Rival, race
from trainers import Trainer
from trainers.ours import Ours
from trainers.scipy_csr import SciPyCSR
from trainers.sklearn_dense import SklearnDense
from trainers.sparselab_padded import SparseLab
from trainers.torch_csr import TorchCSR, TorchCSRByHand
from trainers.torch_dense import TorchMask
from workloads import BATCH_SIZE, MADELON_ROWS, MADELON_SIZES, MNIST_ROWS, MNIST_SIZES, Work

from ctre._typing import FloatArray, IndexArray
from ctre.density import erdos_renyi_counts

_SETTINGS = {
    "784-1000-1000-1000-10, epsilon 1": (MNIST_SIZES, MNIST_ROWS, 1),
    "784-1000-1000-1000-10, epsilon 13": (MNIST_SIZES, MNIST_ROWS, 13),
    "500-1000-1000-1000-2, epsilon 1": (MADELON_SIZES, MADELON_ROWS, 1),
}
_RIVALS = {
    "torch mask": Rival(TorchMask),
    "torch CSR": Rival(TorchCSR),
    "torch CSR by hand": Rival(TorchCSRByHand),
    "sparselab": Rival(SparseLab),
    "scipy CSR": Rival(SciPyCSR, is_threaded=False),
    "sklearn dense": Rival(SklearnDense),
}
_VERIFY_ROWS = 18 * BATCH_SIZE


def main() -> None:
    chosen = arguments(__doc__, n_rounds=9, offer_cpu_time=True)
    with report(__doc__, cpu_time=chosen.cpu_time) as results:
        for setting, (sizes, n_rows, epsilon) in _SETTINGS.items():
            work = Work.generate(sizes, erdos_renyi_counts(sizes, epsilon), n_rows)
            results[setting] = {
                "connections": work.counts,
                "verified": verify(work),
                **race(work, _RIVALS, chosen),
            }


def verify(work: Work) -> dict[str, Any]:
    """Make sure that everybody learns, and that everybody's first step is ours.

    The step is compared at the connections, so it holds for dense rivals as well: their other
    weights are still zero.
    """
    rows = np.random.default_rng(1).permutation(len(work.samples))[:_VERIFY_ROWS].astype(np.int32)
    ours, _ = _first_step_and_losses(Ours(work, 1), work, rows)
    found = {}
    for name, rival in _RIVALS.items():
        steps, losses = _first_step_and_losses(rival.make(work), work, rows)
        deviation = max(
            float(np.abs(step - our_step).max() / np.abs(our_step).max())
            for step, our_step in zip(steps, ours, strict=False)
        )
        found[name] = {"first_step_deviation": deviation, "losses": losses}
        if deviation > 1e-3 or not losses[1] < losses[0]:
            raise RuntimeError(f"{name} does not do the same work: {found[name]}")
    return found


def _first_step_and_losses(
    trainer: Trainer, work: Work, rows: IndexArray
) -> tuple[list[FloatArray], tuple[float, float]]:
    """Give each layer's first step, the loss of that batch, and the mean loss of the others."""
    with limited_threads(1):
        first_loss = trainer.train(rows[:BATCH_SIZE])
        steps = [
            after - layer.weights
            for after, layer in zip(trainer.weights(), work.network.layers, strict=False)
        ]
        return steps, (first_loss, trainer.train(rows[BATCH_SIZE:]))


if __name__ == "__main__":
    main()
