"""The table of recipes, and that each name stands for the rule the paper gives it."""

from __future__ import annotations

import pickle
import re

import pytest

from ctre.errors import UnknownNameError
from ctre.methods import (
    RECIPES,
    Batches,
    ErdosRenyi,
    FromInputs,
    Full,
    GradualPruning,
    HasStalled,
    IsPast,
    Method,
    MostSimilar,
    NearestZeroEachSign,
    Nothing,
    Random,
    ReplaceRegrown,
    SmallestMagnitude,
    Snip,
    Switch,
    correlation,
    cosine,
    euclidean,
    get_recipe,
    gradient,
    hebb,
    spread,
)

every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


def test_no_name_is_used_twice():
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)


@every_recipe
def test_a_name_is_lower_case_with_hyphens(recipe):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", recipe.name)


@every_recipe
def test_a_recipe_says_what_it_does_and_where_it_is_from(recipe):
    assert recipe.summary
    assert len(recipe.summary) < 80  # one line in a terminal
    assert not recipe.summary.endswith(".")
    assert re.search(r"\b(19|20)\d\d$", recipe.citation.short)
    assert re.match(r"@\w+\{\w+,\n(  .*\n)+\}$", recipe.citation.bibtex)


@every_recipe
def test_a_recipe_is_found_by_name_and_survives_a_pickle(recipe):
    assert get_recipe(recipe.name) is recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def drop_weakest_and(grow, newborn="drawn"):
    return Method(SmallestMagnitude(), grow, newborn=newborn)


def instead_of_regrown(similar):
    return ReplaceRegrown(similar, instead=Random())


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("set", drop_weakest_and(Random())),
        ("set-signed", Method(NearestZeroEachSign(), Random())),
        ("ctre-cosine", drop_weakest_and(MostSimilar(cosine))),
        (
            "ctre-corr",
            drop_weakest_and(FromInputs(MostSimilar(spread), hidden=MostSimilar(correlation))),
        ),
        ("ctre-pearson", drop_weakest_and(MostSimilar(correlation))),
        ("ctre-sim", drop_weakest_and(instead_of_regrown(MostSimilar(cosine)))),
        ("ctre-sim-lth", drop_weakest_and(instead_of_regrown(MostSimilar(cosine, "lowest")))),
        ("ctre-sim-hebb", drop_weakest_and(instead_of_regrown(MostSimilar(hebb)))),
        ("ctre-sim-euclidean", drop_weakest_and(instead_of_regrown(MostSimilar(euclidean)))),
        (
            "ctre-seq",
            drop_weakest_and(Switch(MostSimilar(cosine), Random(), HasStalled())),
        ),
        (
            "ctre-seq-hebb",
            drop_weakest_and(Switch(MostSimilar(hebb), Random(), HasStalled())),
        ),
        (
            "ctre-seq-random-first",
            drop_weakest_and(Switch(Random(), MostSimilar(cosine), HasStalled())),
        ),
        (
            "ctre-seq-half",
            drop_weakest_and(Switch(Random(), MostSimilar(cosine), IsPast(0.5))),
        ),
        ("rigl", drop_weakest_and(MostSimilar(gradient, rows=Batches(1)), newborn="zero")),
        (
            "momentum",
            drop_weakest_and(MostSimilar(gradient, rows=Batches(22, 0.9)), newborn="zero"),
        ),
        ("magnitude", Method(SmallestMagnitude(), Nothing(), pace=GradualPruning())),
        ("static", None),
        ("snip", None),
        ("snip-global", None),
        ("dense", None),
    ],
)
def test_a_name_stands_for_its_rule(name, method):
    """Planted mistake: momentum by the gradient of one batch, which is RigL."""
    assert get_recipe(name).method == method


def test_every_name_is_in_the_table_above():
    (table,) = test_a_name_stands_for_its_rule.pytestmark
    names = [name for name, _ in table.args[1]]
    assert sorted(names) == sorted(recipe.name for recipe in RECIPES)


def test_only_four_do_not_start_from_a_random_sparse_topology():
    starts = {recipe.name: recipe.start for recipe in RECIPES if recipe.start != ErdosRenyi()}
    assert starts == {
        "snip": Snip(),
        "snip-global": Snip(over="network"),
        "magnitude": Full(),
        "dense": Full(),
    }


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownNameError) as caught:
        get_recipe("ctre_sim")
    assert str(caught.value).startswith(
        "Unknown method 'ctre_sim'. Did you mean 'ctre-sim'? Known: ctre-corr, "
    )


@pytest.mark.parametrize("name", ["SET", "", "backpropagation", None, 3, ["set"]])
def test_every_other_name_is_refused_with_the_list(name):
    with pytest.raises(UnknownNameError, match=r"Unknown method .* Known: .*, set, .*static"):
        get_recipe(name)
