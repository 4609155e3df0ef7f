"""Topology evolution: what leaves, what arrives, when, and the named combinations."""

from ctre.methods.drop import LeastSimilar, NearestZeroEachSign, RandomDrop, SmallestMagnitude
from ctre.methods.evidence import Batches, Evidence, LayerEvidence, Needs, Rows, Sample, Stage
from ctre.methods.evolve import Evolution, Method, evolve
from ctre.methods.grow import MostSimilar, Nothing, Random, ReplaceRegrown, Switch
from ctre.methods.pace import GradualPruning, Share
from ctre.methods.policy import Drop, Grow, Growth
from ctre.methods.recipes import RECIPES, Recipe, get_recipe
from ctre.methods.schedules import SCHEDULES, get_schedule
from ctre.methods.settings import bound, setting, settings_of, values_of
from ctre.methods.similarity import Score, cosine, euclidean, gradient, hebb, reads
from ctre.methods.start import ErdosRenyi, Full, Snip, Start, StartPlan
from ctre.methods.timing import HasStalled, IsPast, Timing

__all__ = [
    "RECIPES",
    "SCHEDULES",
    "Batches",
    "Drop",
    "ErdosRenyi",
    "Evidence",
    "Evolution",
    "Full",
    "GradualPruning",
    "Grow",
    "Growth",
    "HasStalled",
    "IsPast",
    "LayerEvidence",
    "LeastSimilar",
    "Method",
    "MostSimilar",
    "NearestZeroEachSign",
    "Needs",
    "Nothing",
    "Random",
    "RandomDrop",
    "Recipe",
    "ReplaceRegrown",
    "Rows",
    "Sample",
    "Score",
    "Share",
    "SmallestMagnitude",
    "Snip",
    "Stage",
    "Start",
    "StartPlan",
    "Switch",
    "Timing",
    "bound",
    "cosine",
    "euclidean",
    "evolve",
    "get_recipe",
    "get_schedule",
    "gradient",
    "hebb",
    "reads",
    "setting",
    "settings_of",
    "values_of",
]
