"""The named searches: each gives (setting, seed) pairs, the most telling ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from default_study import data
from default_study.run import Setting

Tasks = Iterator[tuple[Setting, int]]
TABLES = tuple(name for name in data.ALL if name not in data.IMAGES)
DENSE_TABLES = tuple(name for name in TABLES if name not in ("pcmac", "basehock"))
SCALINGS = ("minmax_rms", "standard", "standard:3", "floored:0.1", "median:0.1", "minmax")
_LARGE = ("letter", "sylva", "satimage", "texture")


def screened(name: str) -> Setting:
    """Give the centre, on 3000 rows (images: 5000) of a set where all would take long."""
    if name in data.IMAGES:
        return Setting(name, n_rows=5000)
    return Setting(name, n_rows=3000) if name in _LARGE else Setting(name)


# Columns of these have no floor and no long tail: all centred scalings are nearly one.
_BELLS = (
    "make-madelon", "madelon", "iris", "wine", "breast-cancer", "classes-50", "wide-few",
    "imbalance", "moons-noise", "hastie", "quantiles", "texture", "satimage", "vowel",
    "movement_libras", "sonar",
)  # fmt: skip


def scaling() -> Tasks:
    """Every dense table under every scaling that could differ, for half the epochs."""
    for seed in (0, 1):
        for name in DENSE_TABLES:
            for rule in SCALINGS[: 2 if name in _BELLS else 5]:
                yield screened(name)._replace(scaling=rule, epochs=100), seed


_MIXED = (
    "letter", "digits", "movement_libras", "hastie", "quantiles", "wide-few", "classes-50",
    "madelon", "isolet", "units", "counts", "spambase",
)  # fmt: skip


def place() -> Tasks:
    """Is it the mean of the columns that matters, or their size?"""
    for name in _MIXED:
        for rule in (
            "minmax_rms", "standard", "placed:0:0.35", "placed:1:0.35", "placed:1:1",
            "minmax_rms:0.5", "minmax_rms:2",
        ):  # fmt: skip
            yield screened(name)._replace(scaling=rule, epochs=100), 0


def bias() -> Tasks:
    """Do hidden neurons that begin with biases of their own make up for a mean of zero?"""
    for name in _MIXED:
        for rule, deviation in (("standard", 0.1), ("placed:0:0.35", 0.1), ("minmax_rms", 0.1),
                                ("placed:0.5:0.5", 0.0), ("standard", 0.3)):  # fmt: skip
            yield screened(name)._replace(scaling=rule, epochs=100, bias=deviation), 0


_PLACES = ("minmax_rms", "placed:0.5:0.5:0.05", "placed:1:0.5:0.05", "placed:0:1:0.05")


def scaling_long() -> Tasks:
    """The scalings left, for all epochs; two seeds on the tables, one on a part of the images."""
    for seed in (0, 1):
        for name in DENSE_TABLES:
            for rule in _PLACES:
                yield screened(name)._replace(scaling=rule), seed
        for name in data.IMAGES if seed == 0 else ():
            for rule in _PLACES:
                yield Setting(name, scaling=rule, n_rows=20_000, epochs=60), seed


def anchor() -> Tasks:
    """Zero at the minimum or so many deviations below the mean, whichever is nearer."""
    for names, rules in (
        (data.IMAGES, ("anchored:1:1", "anchored:2:1", "anchored:1:0.5")),
        (DENSE_TABLES, ("anchored:1:1", "anchored:2:1", "anchored:1:0.5", "anchored:2:0.5")),
    ):
        for name in names:
            for rule in rules:
                some = Setting(name, n_rows=20_000, epochs=60)
                yield (some if names is data.IMAGES else screened(name))._replace(scaling=rule), 0


_PACES = ((32, 0.05), (32, 0.1), (16, 0.03), (32, 0.025), (100, 0.1))
_NETWORKS = (((100,) * 3, 1.0), ((100,) * 3, 13.0), ((300,) * 3, 3.0), ((1000,) * 3, 13.0))


def pace() -> Tasks:
    """Batch size and rate: few and many rows, small and wide, sparse and nearly full networks."""
    for batch_size, rate in _PACES:
        for hidden, epsilon in _NETWORKS:
            for name in ("vowel", "pcmac", "digits", "madelon", "isolet", "letter"):
                yield screened(name)._replace(
                    scaling=CENTRE_SCALING, hidden=hidden, epsilon=epsilon,
                    batch_size=batch_size, rate=rate,
                ), 0  # fmt: skip


_PANEL = (
    "isolet", "pcmac", "madelon", "digits", "letter", "spambase", "movement_libras", "counts",
    "hastie", "basehock", "classes-50", "splice",
)  # fmt: skip
CENTRE_SCALING = "anchored:1:1"


def _around(*changes: dict[str, Any], seeds: int = 1, names: tuple[str, ...] = _PANEL) -> Tasks:
    """Give the centre and each change of it, on a panel of kinds."""
    for seed in range(seeds):
        for change in ({}, *changes):
            for name in names:
                setting = screened(name)._replace(scaling=CENTRE_SCALING)
                yield setting._replace(**change), seed


def rule() -> Tasks:
    """Growth: what the first layer normalizes, and the rules of others."""
    return _around(*({"method": m} for m in ("pearson", "root", "ctre-cosine", "set", "rigl")))


def factors() -> Tasks:
    """One factor at a time."""
    return _around(
        {"alpha": 1e-3},
        {"alpha": 1e-4},
        {"batch_size": 16, "rate": 0.03},
        {"rate": 0.1},
        {"drop_fraction": 0.2},
        {"validation_fraction": 0.1},
        {"drop_fraction": 0.4},
        {"hidden": (1000,)},
        {"epochs": 400},
        {"similarity_rows": 256},
        {"weight_init": "uniform"},
        {"rate": 0.03},
        {"hidden": (1000, 1000)},
        {"epochs": 100},
        {"batch_size": 100, "rate": 0.1},
        {"similarity_rows": 512},
        names=_PANEL[:8],
    )


def reach() -> Tasks:
    """How far below its mean a column may be anchored: all of CIFAR-10 told more than a part."""
    for rule in ("anchored:0:1", "anchored:0.5:1", "anchored:1:1"):
        yield Setting("cifar10", scaling=rule), 0
    for rule in ("anchored:0.5:1", "anchored:0:1"):
        for name in ("mnist", "fashion-mnist"):
            yield Setting(name, scaling=rule, n_rows=20_000, epochs=60), 0
    for seed in (0, 1):
        for name in _PANEL:
            if name not in ("pcmac", "basehock"):
                for rule in ("anchored:0.5:1", "anchored:0:1", "anchored:1:1"):
                    yield screened(name)._replace(scaling=rule), seed


def reach_rows() -> Tasks:
    """Does the reach hang on the number of rows? All of Letter; and CIFAR-10 on the test rows."""
    for rule in ("anchored:0:1", "anchored:0.5:1", "anchored:1:1"):
        yield Setting("letter", scaling=rule), 0
    for rule in ("anchored:0.5:1", "anchored:0:1"):
        yield Setting("cifar10", phase="final", scaling=rule), 0


def reach_images() -> Tasks:
    """The same question on all rows of the other images, by validation."""
    for name in ("fashion-mnist", "mnist")[:1]:
        for rule in ("anchored:0.5:1", "anchored:1:1"):
            yield Setting(name, scaling=rule), 0


def floors() -> Tasks:
    """Centre only the columns without a floor (minimum within one deviation of the mean)."""
    for name in ("mnist", "fashion-mnist"):
        yield Setting(name, scaling="anchored:0:1:1", n_rows=20_000, epochs=60), 0


def final_rows() -> Tasks:
    """The images with the columns that have no floor centred, on the test rows."""
    for seed in range(5):
        for name in ("fashion-mnist", "mnist", "cifar10"):
            yield Setting(name, phase="final", scaling="anchored:0:1:1"), seed


def text() -> Tasks:
    """What words want: the size of the input, L2, depth; four seeds."""
    return _around(
        {"scaling": "anchored:1:1|tfidf_rms:0.5"},
        {"alpha": 1e-3},
        {"hidden": (1000,)},
        {"scaling": "anchored:1:1|tfidf_rms:2"},
        {"epsilon": 3.0},
        seeds=3,
        names=("pcmac", "basehock"),
    )


CHOSEN: dict[str, Any] = {"scaling": "anchored:1:1"}
"""The default that the study proposes, where it is not the centre of `Setting`."""

TARGETS = ("isolet", "pcmac", "basehock", "madelon", "digits")


def final_targets() -> Tasks:
    """The proposed default on the test rows of the sets with a target, five seeds."""
    for seed in range(5):
        for name in TARGETS:
            yield Setting(name, phase="final", **CHOSEN), seed


def final_images() -> Tasks:
    """The same on the images."""
    for seed in range(5):
        for name in data.IMAGES:
            yield Setting(name, phase="final", **CHOSEN), seed


def final_others() -> Tasks:
    """The same on every other table."""
    for seed in range(5):
        for name in TABLES:
            if name not in TARGETS:
                yield Setting(name, phase="final", **CHOSEN), seed


def rates() -> Tasks:
    """Is the rate that the small tables like right for all? Two seeds."""
    return _around({"rate": 0.1}, {"rate": 0.07}, seeds=2)


def today() -> Tasks:
    """The default of version 0.1, beside it."""
    for seed in range(5):
        for name in (*TARGETS, *(data.IMAGES if seed == 0 else ())):
            yield Setting(
                name, phase="final", scaling="standard" if name == "madelon" else "minmax|std",
                method="ctre-seq", batch_size=100, alpha=1e-4, drop_fraction=0.2,
                validation_fraction=0.1,
            ), seed  # fmt: skip


_RIVALS = ("set", "rigl", "ctre-cosine", "corr")


def rivals() -> Tasks:
    """Every sparse method with the same search of rate and L2, the most telling cells first."""
    for rate, alpha in ((0.1, 3e-4), (0.05, 1e-3), (0.05, 1e-4), (0.02, 3e-4), (0.1, 1e-3)):
        for method in _RIVALS:
            for name in TARGETS:
                chosen = CHOSEN | {"method": method, "rate": rate, "alpha": alpha}
                yield Setting(name, **chosen), 0


def rivals_final() -> Tasks:
    """The sparse rivals under the proposed default, on the test rows."""
    for seed in range(3):
        for method in ("rigl", "set", "ctre-cosine"):
            for name in TARGETS:
                yield Setting(name, phase="final", **CHOSEN, method=method), seed


def dense() -> Tasks:
    """The fully connected network; its first weights have the variance 2 / fan-in."""
    for name in TARGETS:
        for rate in (0.01, 0.003, 0.03):
            for alpha in (1e-4, 1e-3):
                chosen = CHOSEN | {"method": "dense", "rate": rate, "alpha": alpha}
                yield Setting(name, weight_init="he", epochs=30, **chosen), 0


def dense_start() -> Tasks:
    """First weights of a dense start, on wide text and a wide table."""
    for name in ("pcmac", "madelon", "isolet"):
        for method in ("dense", "snip", "magnitude"):
            for init in ("he", "normal", "uniform"):
                if method == "dense" or name != "isolet":
                    epochs = 10 if method == "dense" else 100
                    chosen = CHOSEN | {"method": method, "weight_init": init, "rate": 0.01}
                    yield Setting(name, epochs=epochs, **chosen), 0


GRIDS: dict[str, Callable[[], Tasks]] = {
    "scaling": scaling,
    "place": place,
    "bias": bias,
    "scaling_long": scaling_long,
    "rule": rule,
    "factors": factors,
    "anchor": anchor,
    "final_targets": final_targets,
    "final_images": final_images,
    "final_others": final_others,
    "rates": rates,
    "today": today,
    "rivals": rivals,
    "rivals_final": rivals_final,
    "dense": dense,
    "dense_start": dense_start,
    "reach": reach,
    "reach_rows": reach_rows,
    "reach_images": reach_images,
    "floors": floors,
    "final_rows": final_rows,
    "text": text,
    "pace": pace,
}
