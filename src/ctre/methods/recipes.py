"""The named methods: one line each, each with its citation.

Everything that lists or looks up methods reads this table; no name is compared with a string
elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from ctre.errors import UnknownNameError
from ctre.methods import citations
from ctre.methods.citations import Citation
from ctre.methods.drop import SmallestMagnitude
from ctre.methods.grow import AfterStall, MostSimilar, Random, ReplaceRegrown
from ctre.methods.policy import Grow, Method
from ctre.methods.similarity import cosine


class Recipe(NamedTuple):
    """A named method."""

    name: str
    summary: str
    method: Method | None
    """None where the topology never changes."""
    citation: Citation


def _grow(grow: Grow) -> Method:
    return Method(drop=SmallestMagnitude(), grow=grow)


# fmt: off
RECIPES = (
    Recipe("ctre-seq", "most similar pairs until validation stalls, then random ones",
           _grow(AfterStall(MostSimilar(cosine), then=Random())), citations.CTRE),
    Recipe("ctre-sim", "most similar pairs, random ones in place of those just dropped",
           _grow(ReplaceRegrown(MostSimilar(cosine), instead=Random())), citations.CTRE),
    Recipe("ctre-cosine", "most similar pairs only (the paper's w/oRandom)",
           _grow(MostSimilar(cosine)), citations.CTRE),
    Recipe("set", "random pairs", _grow(Random()), citations.SET),
    Recipe("static", "a random topology that never changes", None, citations.STATIC),
)
# fmt: on

_BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def get_recipe(name: str) -> Recipe:
    """Look a recipe up by name.

    Raises
    ------
    UnknownNameError
        If there is none of that name; the message lists all and suggests the nearest.
    """
    try:
        return _BY_NAME[name]
    except (KeyError, TypeError):
        raise UnknownNameError("method", name, _BY_NAME) from None
