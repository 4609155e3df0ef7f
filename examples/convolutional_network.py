"""A small convolutional network on Fashion-MNIST at 10 and 5 % density, by several methods.

Convolutions are masked here: this shows what a topology is worth, not speed. CTRE joins channels
whose activations are similar, one kernel a connection; SET and RigL evolve single weights, and SET
also kernels. ``pip install "ctre[torch]"``, then ``python examples/convolutional_network.py``: a
few minutes on two cores.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ctre import load_dataset
from ctre.torch import Evolution, sparsify_

BATCH = 64
VARIANTS = (("set", "weights"), ("rigl", "weights"), ("set", "kernels"), ("ctre-sim", "kernels"))


def network() -> nn.Sequential:
    """Three convolutions and a hidden layer."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def train(
    rows: tuple[torch.Tensor, ...],
    density: float | None,
    method: str,
    unit: str,
    n_epochs: int,
    seed: int,
) -> tuple[float, float]:
    """Train one network; give its test accuracy, and the seconds it took."""
    images, labels, test_images, test_labels = rows
    torch.manual_seed(seed)
    model = network()
    if density is not None:
        model = sparsify_(model, density, skip=("0", "11"), convolutions=unit)
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)
    n_steps = n_epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    evolution = None
    if density is not None:
        evolution = Evolution(
            model, optimizer, method, update_interval=max(1, n_steps // 20), update_until=0.75,
            n_steps=n_steps, drop_fraction_schedule="cosine", seed=seed,
        )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    started = time.perf_counter()
    for _ in range(n_epochs):
        order = torch.randperm(len(images), generator=generator)[: n_steps // n_epochs * BATCH]
        for batch in order.split(BATCH):
            optimizer.zero_grad()
            functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
            if evolution is not None:
                evolution.step()
    took = time.perf_counter() - started
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(part).argmax(1) for part in test_images.split(500)])
    return (found == test_labels).float().mean().item(), took


def main() -> None:
    """Print a line for each variant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--images", type=int, default=10_000, help="to learn; judged by all others")
    parser.add_argument("--seeds", type=int, default=1)
    chosen = parser.parse_args()
    data = load_dataset("fashion-mnist")
    rows = []
    for X, y, count in (
        (data.X_train, data.y_train, chosen.images),
        (data.X_test, data.y_test, None),
    ):
        images = torch.from_numpy(np.asarray(X[:count], dtype=np.float32) / 255)
        rows += [images.reshape(-1, 1, 28, 28), torch.from_numpy(np.int64(y[:count]))]
    variants = [(None, "dense", "weights")]
    variants += [(density, *variant) for density in (0.1, 0.05) for variant in VARIANTS]
    for density, method, unit in variants:
        for seed in range(chosen.seeds):
            accuracy, took = train(tuple(rows), density, method, unit, chosen.epochs, seed)
            size = "" if density is None else f"{density:.0%} of {unit}"
            print(f"{method:9} {size:15} seed {seed}  {accuracy:.1%}  {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
