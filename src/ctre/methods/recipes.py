"""The named methods: one line each, each with its citation.

Everything that lists or looks up methods reads this table; no name is compared with a string
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from ctre.errors import UnknownNameError
from ctre.methods import citations
from ctre.methods.citations import Citation
from ctre.methods.drop import NearestZeroEachSign, SmallestMagnitude
from ctre.methods.evidence import Batches
from ctre.methods.evolve import Method
from ctre.methods.grow import MostSimilar, Nothing, Random, ReplaceRegrown, Switch
from ctre.methods.pace import GradualPruning
from ctre.methods.policy import Grow
from ctre.methods.similarity import cosine, euclidean, gradient, hebb
from ctre.methods.start import ErdosRenyi, Full, Snip, Start
from ctre.methods.timing import HasStalled, IsPast


@dataclass(frozen=True)
class Recipe:
    """A named method."""

    name: str
    summary: str
    method: Method | None
    """None where the topology never changes."""
    citation: Citation
    start: Start = ErdosRenyi()


def _grow(grow: Grow) -> Method:
    return Method(drop=SmallestMagnitude(), grow=grow)


_SIMILAR = MostSimilar(cosine)
_RANDOM = Random()

# fmt: off
RECIPES = (
    Recipe("ctre-seq", "most similar pairs until validation stalls, then random ones",
           _grow(Switch(_SIMILAR, then=_RANDOM, once=HasStalled())), citations.CTRE),
    Recipe("ctre-sim", "most similar pairs, random ones in place of those just dropped",
           _grow(ReplaceRegrown(_SIMILAR, instead=_RANDOM)), citations.CTRE),
    Recipe("ctre-cosine", "most similar pairs only (the paper's w/oRandom)",
           _grow(_SIMILAR), citations.CTRE),
    Recipe("ctre-sim-lth", "ctre-sim with the least similar pairs",
           _grow(ReplaceRegrown(MostSimilar(cosine, order="lowest"), instead=_RANDOM)),
           citations.CTRE),
    Recipe("ctre-sim-hebb", "ctre-sim by Hebb's rule, similarity without normalization",
           _grow(ReplaceRegrown(MostSimilar(hebb), instead=_RANDOM)), citations.CTRE),
    Recipe("ctre-seq-hebb", "ctre-seq by Hebb's rule, similarity without normalization",
           _grow(Switch(MostSimilar(hebb), then=_RANDOM, once=HasStalled())), citations.CTRE),
    Recipe("ctre-sim-euclidean", "ctre-sim by distance of the activations",
           _grow(ReplaceRegrown(MostSimilar(euclidean), instead=_RANDOM)), citations.CTRE),
    Recipe("ctre-seq-random-first", "random pairs until validation stalls, then most similar ones",
           _grow(Switch(_RANDOM, then=_SIMILAR, once=HasStalled())), citations.CTRE),
    Recipe("ctre-seq-half", "random pairs in the first half of training, then most similar ones",
           _grow(Switch(_RANDOM, then=_SIMILAR, once=IsPast(0.5))),
           citations.CTRE),
    Recipe("set", "random pairs", _grow(_RANDOM), citations.SET),
    Recipe("set-signed", "random pairs, after dropping what is nearest zero on either side",
           Method(NearestZeroEachSign(), _RANDOM), citations.SET),
    Recipe("rigl", "pairs of largest gradient, from weight zero",
           Method(SmallestMagnitude(), MostSimilar(gradient, rows=Batches()), newborn="zero"),
           citations.RIGL),
    Recipe("momentum", "pairs of largest momentum, from weight zero",
           Method(SmallestMagnitude(), MostSimilar(gradient, rows=Batches(22, decay=0.9)),
                  newborn="zero"), citations.MOMENTUM),
    Recipe("static", "a random topology that never changes", None, citations.STATIC),
    Recipe("snip", "the most salient topology of a dense start, which never changes",
           None, citations.SNIP, start=Snip()),
    Recipe("snip-global", "snip over all layers together, as its authors have it",
           None, citations.SNIP, start=Snip(over="network")),
    Recipe("magnitude", "gradual pruning of the smallest weights from a full start",
           Method(SmallestMagnitude(), Nothing(), pace=GradualPruning()), citations.MAGNITUDE,
           start=Full()),
    Recipe("dense", "every pair connected, on BLAS: the baseline", None, citations.DENSE,
           start=Full()),
)
# fmt: on

_BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def get_recipe(method: str | Recipe) -> Recipe:
    """Look a recipe up by name; a recipe that is none of the table's own passes through.

    Raises
    ------
    UnknownNameError
        If there is none of that name; the message lists all and suggests the nearest.
    """
    if isinstance(method, Recipe):
        return method
    try:
        return _BY_NAME[method]
    except (KeyError, TypeError):
        raise UnknownNameError("method", method, _BY_NAME) from None
