"""The paper's numbers, some of which are typed in once more here, and its grids."""

from __future__ import annotations

from collections import Counter

import pytest

from ctre.errors import InvalidParameterError, UnknownNameError
from ctre.experiments.cells import identity
from ctre.experiments.data import DataFacts, DataSource
from ctre.experiments.paper_grids import TARGETS, experiments_of, get_target, narrowed
from ctre.experiments.paper_numbers import Place, paper_numbers
from ctre.experiments.report.beside_paper import papers_identities
from ctre.methods import get_recipe

HALF, QUARTER, NORMAL = "similarity_samples=0.5", "similarity_samples=0.25", "weight_init=normal"


@pytest.mark.parametrize(
    ("place", "number"),
    [
        (Place(2, "madelon", 1000, 1, "ctre-sim"), (78.8, 2.2)),
        (Place(2, "madelon", 100, 13, "snip"), (54.1, 2.6)),
        (Place(2, "isolet", 500, None, "dense"), (94.3, 0.0)),
        (Place(2, "cifar100", 1000, 13, "ctre-sim"), (25.1, 0.3)),
        (Place(2, "cifar10", 1000, 1, "rigl"), (36.4, 18.7)),
        (Place(4, "isolet", 1000, 1, "ctre-sim-lth"), (61.2, 11.8)),
        (Place(4, "madelon", 500, 1, "ctre-cosine"), (58.6, 12.0)),
        (Place(5, "madelon", 100, 5, "ctre-sim-hebb"), (56.9, 7.9)),
        (Place(5, "madelon", 1000, 13, "ctre-seq-hebb"), (58.0, 0.6)),
        (Place(6, "cifar10", 500, 1, "rigl"), (65.8, None)),
        (Place(6, "mnist", 100, 1, "snip"), (1.8, None)),
        (Place(6, "cifar100", 500, 1, "ctre-sim"), (88.6, None)),
        (Place(7, "isolet", 100, 1, "ctre-sim", HALF), (81.9, 4.2)),
        (Place(7, "cifar10", 1000, 13, "ctre-sim", QUARTER), (53.6, 0.5)),
        (Place(8, "madelon", 1000, 1, "ctre-cosine", NORMAL), (88.2, 0.6)),
        (Place(8, "cifar10", 100, 1, "set", NORMAL), (48.5, 0.4)),
        (Place(9, "isolet", 1000, 1, "ctre-sim-euclidean"), (49.8, 6.1)),
        (Place(9, "cifar100", 100, 5, "ctre-sim-euclidean"), (20.7, 0.4)),
        (Place(10, "isolet", 1000, 1, "ctre-seq-half"), (75.1, 3.9)),
        (Place(10, "cifar100", 1000, 1, "ctre-seq-random-first"), (1.0, 0.0)),
    ],
)
def test_some_cells(place, number):
    assert paper_numbers()[place] == number


def test_all_tables_are_complete():
    counts = Counter(place.table for place in paper_numbers())
    assert counts == {
        2: 6 * (5 * 9 + 3), 4: 5 * 4 * 9, 5: 4 * 9, 6: 6 * 5 * 3, 7: 5 * 3 * 9, 8: 5 * 4 * 9,
        9: 6 * 2 * 9, 10: 6 * 3 * 9,
    }  # fmt: skip
    assert paper_numbers()[Place(6, "madelon", 1000, 1, "ctre-seq")] is None
    empty = Counter(place.table for place, number in paper_numbers().items() if number is None)
    assert empty == {6: 32}


@pytest.fixture(scope="module")
def facts():
    sets = {
        "madelon": (2000, 600, 500, 2, "standard"), "isolet": (6237, 1560, 617, 26, "minmax"),
        "mnist": (60000, 10000, 784, 10, "minmax"), "cifar10": (50000, 10000, 3072, 10, "minmax"),
        "fashion-mnist": (60000, 10000, 784, 10, "minmax"),
        "cifar100": (50000, 10000, 3072, 100, "minmax"),
        "pcmac": (1554, 389, 3289, 2, "minmax"), "basehock": (1594, 399, 4862, 2, "minmax"),
    }  # fmt: skip
    return {
        name: DataFacts(DataSource(name), f"{place:032x}", scale, *numbers)
        for place, (name, (*numbers, scale)) in enumerate(sets.items())
    }


@pytest.mark.parametrize("number", [2, 4, 5, 7, 8, 9, 10])
def test_the_grid_of_a_table_has_its_cells_and_no_others(number, facts):
    """Planted: a grid that lacks a method, or trains it with other settings than the cell's."""
    experiments = experiments_of(get_target(f"table{number}"), 1, facts)
    names = {(one.source.name, identity(one.settings)) for one in experiments}
    cells = papers_identities().items()
    assert names == {(place.dataset, name) for place, name in cells if place.table == number}


def test_what_targets_share_is_done_once(facts):
    two = experiments_of(get_target("table2"), 3, facts)
    assert len(two) == 3 * 6 * (5 * 9 + 3)  # a dense network has no epsilon
    assert [one.seed for one in two] == sorted(one.seed for one in two)
    for same in ("table3", "table6", "figure2", "figure6", "figure8", "figure13"):
        both = experiments_of([*get_target("table2"), *get_target(same)], 3, facts)
        assert len(both) == len(two)


def test_every_target_names_methods_that_are_there(facts):
    for name in TARGETS:
        experiments = experiments_of(get_target(name), 1, facts)
        assert experiments
        for one in experiments:
            get_recipe(one.method)


def test_figure_3_spreads_the_density_as_the_paper_does(facts):
    experiments = experiments_of(get_target("figure3"), 1, facts)
    (one,) = (
        one
        for one in experiments
        if (one.source.name, one.method) == ("pcmac", "set")
        and abs(one.settings["epsilon"] - 1.139) < 0.01
    )
    n_connections = one.settings["epsilon"] * (3289 + 1000 + 1000 + 1000 + 1000 + 1000 + 1000 + 2)
    n_places = 3289 * 1000 + 2 * 1000 * 1000 + 1000 * 2
    assert n_connections / n_places == pytest.approx(0.002)
    cifar = [one for one in experiments if one.source.name == "cifar100"]
    assert {one.settings["augmentation"] for one in cifar} == {"flip-shift"}
    assert {one.settings["learning_rate_init"] for one in cifar} == {0.05}


def test_grids_are_narrowed(facts):
    grids = narrowed(
        get_target("table2"), datasets=["madelon"], sizes=[100], epsilons=[1, 5],
        methods=["set", "dense"], epochs=7,
    )  # fmt: skip
    experiments = experiments_of(grids, 2, facts)
    assert {(e.method, e.settings.get("epsilon"), e.seed) for e in experiments} == {
        (method, epsilon, seed)
        for method, epsilon in (("set", 1.0), ("set", 5.0), ("dense", None))
        for seed in (0, 1)
    }
    assert {one.settings["max_iter"] for one in experiments} == {7}


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"datasets": ["pcmac"]}, "datasets must be among madelon, .*got pcmac"),
        ({"sizes": [99]}, "sizes must be among 100, 500, 1000, got 99"),
        ({"methods": ["ctre-corr"]}, "methods must be among dense, snip"),
    ],
)
def test_what_a_table_does_not_have_is_refused(axes, words):
    with pytest.raises(InvalidParameterError, match=words):
        narrowed(get_target("table2"), **axes)
    with pytest.raises(UnknownNameError, match="Did you mean 'table2'"):
        get_target("table22")
