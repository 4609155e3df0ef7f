"""The named searches: each gives trainings, the most telling ones first.

A dictionary of parameters changes the landed default; an empty one is the default itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from default_study import data
from default_study.regression_data import REGRESSION
from default_study.run import Training

Trainings = Iterator[Training]
Changes = Mapping[str, Any]

PANEL = (
    "isolet", "pcmac", "madelon", "digits", "letter", "spambase", "movement_libras", "counts",
    "hastie", "basehock", "classes-50", "splice",
)  # fmt: skip
"""Twelve tables, one of each kind."""
TARGETS = ("isolet", "pcmac", "basehock", "madelon", "digits")
TABLES = tuple(name for name in data.ALL if name not in data.IMAGES)
_LARGE = ("letter", "sylva", "satimage", "texture")


def _search(name: str, seed: int, parameters: Changes) -> Training:
    """Make a training of a search, on 3000 rows of a table where all would take long."""
    return Training(name, seed, parameters, n_rows=3000 if name in _LARGE else None)


def _on_part_of_images(seed: int, change: Changes) -> Trainings:
    for name in ("cifar10", "mnist"):
        yield Training(name, seed, {**change, "max_iter": 60}, n_rows=20_000)


def _over_panel(seeds: range, *changes: Changes) -> Trainings:
    for seed, change, name in product(seeds, changes, PANEL):
        yield _search(name, seed, change)


# The default that the first round of the study gave, which the second one went out from.
_FIRST: Changes = {"alpha": 3e-4, "learning_rate_init": 0.05, "learning_rate": "cosine"}


def factors() -> Trainings:
    """One factor at a time, around the default of the first round."""
    others: tuple[Changes, ...] = (
        {"alpha": 1e-3},
        {"learning_rate_init": 0.1},
        {"momentum": 0.95},
        {"update_until": 0.8},
        {"similarity_samples": 256},
        {"hidden_layer_sizes": (1000, 1000)},
        {"activation": "leaky_relu"},
    )
    changes = [{**_FIRST, **other} for other in ({}, *others)]
    for change in changes:
        yield from _on_part_of_images(0, change)
    yield from _over_panel(range(2), *changes)


def l2() -> Trainings:
    """L2: the panel, networks of other sizes, and whole images."""
    some, more = _FIRST, {**_FIRST, "alpha": 1e-3}
    yield from _over_panel(range(3), some, more)
    for (width, epsilon), change in product(((100, 1.0), (100, 13.0), (1000, 5.0)), (some, more)):
        for name in ("vowel", "pcmac", "digits", "madelon", "isolet", "letter"):
            network = {"hidden_layer_sizes": (width,) * 3, "epsilon": epsilon}
            yield _search(name, 0, {**change, **network})
    for name, change in product(data.IMAGES, (some, more, {**_FIRST, "alpha": 1e-4})):
        yield Training(name, 0, change)


def around() -> Trainings:
    """The neighbours of the default, where the text sets or the images promised something."""
    changes: tuple[Changes, ...] = (
        {}, {"similarity_samples": 64}, {"similarity_samples": 512}, {"learning_rate_init": 0.1},
        {"learning_rate_init": 0.03}, {"drop_fraction": 0.2}, {"max_iter": 300},
        {"hidden_layer_sizes": (1000,)}, {"batch_size": 64},
    )  # fmt: skip
    for seed, change, name in product(range(4), changes, ("basehock", "pcmac")):
        yield _search(name, seed, {"alpha": "auto", **change})
    for seed, change, name in product(range(2), changes[:2], PANEL):
        yield _search(name, seed, {"alpha": "auto", **change})


def dropout() -> Trainings:
    """Inputs left out while training: every table, parts of the images, and whole images."""
    shares: tuple[Changes, ...] = tuple({"input_dropout": share} for share in (0.0, 0.05, 0.1))
    for seed, name, change in product(range(2), TABLES, shares):
        yield _search(name, seed, change)
    for seed, name, change in product(range(2), data.IMAGES, shares):
        yield Training(name, seed, {**change, "max_iter": 60}, n_rows=20_000)
    for name, change in product(data.IMAGES, shares[:2]):
        yield Training(name, 0, change)


RIVALS = ("set", "rigl", "ctre-cosine", "ctre-seq", "ctre-sim", "snip")
PACES = tuple(product((0.05, 0.1), (3e-4, 1e-3, 3e-3)))


def rivals() -> Trainings:
    """Every sparse method with the same search of rate and L2."""
    for (rate, alpha), method, name in product(PACES, ("ctre-corr", *RIVALS), TARGETS):
        change = {"method": method, "learning_rate_init": rate, "alpha": alpha}
        yield _search(name, 0, change)


BEST_PACE: Mapping[str, Changes] = {
    "set": {"learning_rate_init": 0.05, "alpha": 3e-4},
    "rigl": {"learning_rate_init": 0.1, "alpha": 3e-3},
    "ctre-cosine": {"learning_rate_init": 0.1, "alpha": 3e-3},
    "ctre-seq": {"learning_rate_init": 0.1, "alpha": 3e-3},
    "ctre-sim": {"learning_rate_init": 0.1, "alpha": 1e-3},
    "snip": {"learning_rate_init": 0.05, "alpha": 1e-3},
}
"""What `rivals` found best on the mean of its sets."""


def rivals_final() -> Trainings:
    """Each method at its own best pace, on the test rows."""
    for seed, (method, pace), name in product(range(3), BEST_PACE.items(), TARGETS):
        yield Training(name, seed, {"method": method, **pace}, phase="final")
    for seed, name in product(range(3), TARGETS):  # nearly as good, and does not collapse
        calmer = {"method": "rigl", "learning_rate_init": 0.05, "alpha": 3e-4}
        yield Training(name, seed, calmer, phase="final")


def cells() -> Trainings:
    """The default and every rival at its best pace: networks of 100, 500 and 1000 neurons."""
    methods: Mapping[str, Changes] = {"ctre-corr": {}, **BEST_PACE}
    for epsilon, width, name in product((1.0, 5.0, 13.0), (100, 500, 1000), TARGETS):
        for method, pace in methods.items():
            change = {"method": method, **pace, **_network(width, epsilon)}
            yield Training(name, 0, change, phase="final")


def _network(width: int, epsilon: float) -> Changes:
    return {"hidden_layer_sizes": (width,) * 3, "epsilon": epsilon}


def image_cells() -> Trainings:
    """The default on the images, in the cells of the paper's Table 2."""
    for epsilon, width, name in product((1.0, 5.0, 13.0), (100, 500, 1000), data.IMAGES):
        yield Training(name, 0, _network(width, epsilon), phase="final")


def regression() -> Trainings:
    """One factor at a time around the default, on every regression set."""
    changes: tuple[Changes, ...] = (
        {}, {"input_dropout": 0.0}, {"input_dropout": 0.05}, {"alpha": 1e-4}, {"alpha": 3e-4},
        {"alpha": 3e-3}, {"learning_rate_init": 0.02}, {"learning_rate_init": 0.1},
        {"batch_size": 16}, {"batch_size": 64}, {"drop_fraction": 0.2}, {"max_iter": 400},
        {"method": "ctre-cosine"}, {"method": "set"}, {"method": "rigl"},
        {"hidden_layer_sizes": (100, 100, 100)}, {"epsilon": 5.0},
        {"scaling": "standard"}, {"scaling": "minmax"},
    )  # fmt: skip
    for seed, change, name in product(range(2), changes, REGRESSION):
        yield Training(name, seed, change, n_rows=3000)


def regression_final() -> Trainings:
    """The default and two other methods on the test rows, five seeds."""
    for seed, method, name in product(range(5), ("ctre-corr", "set", "rigl"), REGRESSION):
        yield Training(name, seed, {} if method == "ctre-corr" else {"method": method}, "final")


_DENSE: Changes = {"method": "dense", "batch_size": 100, "max_iter": 30}


def dense() -> Trainings:
    """The fully connected network: rate and L2, then longer runs, on the tables."""
    for rate, alpha, name in product((0.01, 0.03, 0.1), (1e-4, 1e-3), TARGETS):
        yield _search(name, 0, {**_DENSE, "learning_rate_init": rate, "alpha": alpha})
    for rate, name in product((0.01, 0.03), TARGETS):
        longer = {**_DENSE, "max_iter": 100, "learning_rate_init": rate, "alpha": 1e-3}
        yield _search(name, 0, longer)


BEST_DENSE: Mapping[str, tuple[float, float]] = {
    "isolet": (0.1, 1e-3), "pcmac": (0.01, 1e-3), "basehock": (0.03, 1e-3), "madelon": (0.03, 1e-3),
    "digits": (0.1, 1e-3),
}  # fmt: skip
"""Rate and L2 that `dense` found best on each set."""


def dense_final() -> Trainings:
    """The fully connected network at the best pace of each set, on the test rows."""
    for seed, (name, (rate, alpha)) in product(range(3), BEST_DENSE.items()):
        change = {**_DENSE, "learning_rate_init": rate, "alpha": alpha}
        yield Training(name, seed, change, phase="final")


_DENSE_IMAGES: Changes = {**_DENSE, "alpha": 5e-4}


def dense_images() -> Trainings:
    """The same on 20,000 rows of the images."""
    for rate, name in product((0.03, 0.01), data.IMAGES):
        yield Training(name, 0, {**_DENSE_IMAGES, "learning_rate_init": rate}, n_rows=20_000)


def dense_images_final() -> Trainings:
    """The same on all of their rows, at the rate that was best on each, on the test rows."""
    for seed, name in product(range(3), data.IMAGES):
        yield Training(name, seed, {**_DENSE_IMAGES, "learning_rate_init": 0.03}, phase="final")


def final_targets() -> Trainings:
    """The default on the test rows of the sets with a target, five seeds."""
    for seed, name in product(range(5), TARGETS):
        yield Training(name, seed, {}, phase="final")


def final_images() -> Trainings:
    """The same on the images."""
    for seed, name in product(range(5), data.IMAGES):
        yield Training(name, seed, {}, phase="final")


def final_others() -> Trainings:
    """The same on every other table."""
    for seed, name in product(range(5), TABLES):
        if name not in TARGETS:
            yield Training(name, seed, {}, phase="final")


GRIDS: dict[str, Callable[[], Trainings]] = {
    grid.__name__: grid
    for grid in (
        factors, l2, around, dropout, rivals, rivals_final, cells, image_cells, dense, dense_final,
        dense_images, dense_images_final, final_targets, final_images, final_others,
        regression, regression_final,
    )
}  # fmt: skip
