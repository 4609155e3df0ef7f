"""The experiments behind every table and figure of the paper, as grids.

A target may share experiments with others, and does: each is done once for all of them.

References
----------
.. [1] Atashgahi et al., "A Brain-inspired Algorithm for Training Highly Sparse Neural Networks",
   Machine Learning 111, 2022.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from ctre.density import count_places
from ctre.errors import InvalidParameterError, UnknownNameError
from ctre.estimators import PAPER_PROTOCOL
from ctre.experiments.data import DataFacts
from ctre.experiments.experiment import Experiment
from ctre.methods import get_recipe

_TABULAR = ("madelon", "isolet")
_IMAGES = ("mnist", "fashion-mnist", "cifar10")
_FIVE = (*_TABULAR, *_IMAGES)
_SIX = (*_FIVE, "cifar100")
_SPARSE = ("snip", "rigl", "set", "ctre-seq", "ctre-sim")


@dataclass(frozen=True)
class Grid:
    """Axes, of which every combination is an experiment; defaults are Table 2's."""

    datasets: tuple[str, ...] = _SIX
    sizes: tuple[int, ...] = (100, 500, 1000)
    """Neurons of each of the three hidden layers."""
    epsilons: tuple[float, ...] = (1, 5, 13)
    methods: tuple[str, ...] = _SPARSE
    variants: tuple[Mapping[str, Any], ...] = (MappingProxyType({}),)
    """Keywords beside the paper's protocol."""
    epochs: tuple[int, ...] = (500,)
    densities: tuple[float, ...] = ()
    """Where there are some, they take the place of the epsilons: connections per place of the
    whole network, spread over its layers as Erdős–Rényi does."""
    prune_steps: int = 0


_TABLE_2 = Grid(methods=("dense", *_SPARSE))
_DENSITIES = (0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01)

TARGETS: Mapping[str, tuple[Grid, ...]] = MappingProxyType(
    {
        "table2": (_TABLE_2,),
        "table3": (_TABLE_2,),
        "table4": (
            Grid(datasets=_FIVE, methods=("ctre-seq", "ctre-sim", "ctre-cosine", "ctre-sim-lth")),
        ),
        "table5": (
            Grid(
                datasets=("madelon",),
                methods=("ctre-seq", "ctre-sim", "ctre-seq-hebb", "ctre-sim-hebb"),
            ),
        ),
        "table6": (Grid(epsilons=(1,)),),
        "table7": (
            Grid(
                datasets=_FIVE,
                methods=("ctre-sim",),
                variants=tuple({"similarity_samples": share} for share in (None, 0.5, 0.25)),
            ),
        ),
        "table8": (
            Grid(
                datasets=_FIVE,
                methods=("set", "ctre-seq", "ctre-sim", "ctre-cosine"),
                variants=({"weight_init": "normal"},),
            ),
        ),
        "table9": (Grid(methods=("ctre-sim", "ctre-sim-euclidean")),),
        "table10": (Grid(methods=("ctre-seq", "ctre-seq-random-first", "ctre-seq-half")),),
        "figure2": (Grid(sizes=(1000,), epsilons=(1,)),),
        "figure3": (
            Grid(datasets=("pcmac", "basehock"), sizes=(1000,), densities=_DENSITIES),
            Grid(
                datasets=("cifar100",),
                sizes=(3000,),
                densities=_DENSITIES,
                methods=("snip", "rigl", "set", "ctre-sim"),
                variants=({"learning_rate_init": 0.05, "augmentation": "flip-shift"},),
            ),
        ),
        "figure4": (
            Grid(
                datasets=("mnist",),
                sizes=(1000,),
                epsilons=(13,),
                methods=("dense", "set"),
                epochs=(10, 30, 50, 100),
                prune_steps=100,
            ),
        ),
        "figure5": (
            Grid(
                datasets=("madelon",),
                methods=("ctre-seq", "ctre-sim", "ctre-seq-hebb", "ctre-sim-hebb"),
            ),
        ),
        "figure6": (Grid(sizes=(1000,), epsilons=(1,)),),
        "figure7": (
            Grid(
                datasets=("isolet",),
                epsilons=(1,),
                methods=("ctre-seq", "ctre-sim", "ctre-cosine"),
            ),
        ),
        **{
            f"figure{number}": (Grid(datasets=(name,)),)
            for number, name in enumerate(_SIX, start=8)
        },
    }
)
"""What the paper shows, by name."""


def get_target(name: str) -> tuple[Grid, ...]:
    """Look up the grids of a table or figure.

    Raises
    ------
    UnknownNameError
        If the paper has none of that name, or none that comes from experiments.
    """
    try:
        return TARGETS[name]
    except KeyError:
        raise UnknownNameError("table or figure", name, TARGETS) from None


def narrowed(
    grids: Sequence[Grid],
    *,
    datasets: Collection[str] = (),
    sizes: Collection[int] = (),
    epsilons: Collection[float] = (),
    methods: Collection[str] = (),
    epochs: int | None = None,
) -> list[Grid]:
    """Keep what is wanted of some grids; an empty collection wants all.

    Raises
    ------
    InvalidParameterError
        If something is wanted that no grid has.
    """
    wanted = {"datasets": datasets, "sizes": sizes, "epsilons": epsilons, "methods": methods}
    for axis, values in wanted.items():
        known = list(dict.fromkeys(value for grid in grids for value in getattr(grid, axis)))
        for value in values:
            if value not in known:
                listed = ", ".join(map(_short, known))
                raise InvalidParameterError(f"{axis} must be among {listed}, got {_short(value)}.")
    kept = []
    for grid in grids:
        axes: dict[str, Any] = {
            axis: tuple(value for value in getattr(grid, axis) if not values or value in values)
            for axis, values in wanted.items()
        }
        if grid.densities and not epsilons:
            axes["epsilons"] = grid.epsilons
        one = replace(grid, **axes, epochs=grid.epochs if epochs is None else (epochs,))
        if all((one.datasets, one.sizes, one.epsilons, one.methods)):
            kept.append(one)
    return kept


def experiments_of(
    grids: Sequence[Grid], n_seeds: int, facts: Mapping[str, DataFacts]
) -> list[Experiment]:
    """Spell grids out, seed 0 of everything first; what two grids share comes once.

    Parameters
    ----------
    grids : sequence of Grid
        Those data sets count that ``facts`` has.
    n_seeds : int
        Seeds 0 … n_seeds - 1.
    facts : mapping of str to DataFacts
        What is known of the data sets, by name.
    """
    found: dict[str, Experiment] = {}
    for seed in range(n_seeds):
        for grid in grids:
            for one in _spelled_out(grid, seed, facts):
                found.setdefault(one.key, one)
    return list(found.values())


def _spelled_out(grid: Grid, seed: int, facts: Mapping[str, DataFacts]) -> Iterator[Experiment]:
    for name in grid.datasets:
        if name not in facts:
            continue
        for size in grid.sizes:
            for epsilon in _epsilons_of(grid, size, facts[name]):
                for method in grid.methods:
                    for variant in grid.variants:
                        for n_epochs in grid.epochs:
                            keywords = {
                                **PAPER_PROTOCOL,
                                "scaling": facts[name].paper_scale,
                                "hidden_layer_sizes": (size,) * 3,
                                "epsilon": epsilon,
                                "method": get_recipe(method).name,
                                "max_iter": n_epochs,
                                **variant,
                            }
                            yield Experiment.of(
                                facts[name], keywords, seed, prune_steps=grid.prune_steps
                            )


def _epsilons_of(grid: Grid, size: int, facts: DataFacts) -> Sequence[float]:
    if not grid.densities:
        return grid.epsilons
    sizes = (facts.n_features, size, size, size, facts.n_classes)
    n_per_epsilon = sum(map(sum, pairwise(sizes)))
    return [density * sum(count_places(sizes)) / n_per_epsilon for density in grid.densities]


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
