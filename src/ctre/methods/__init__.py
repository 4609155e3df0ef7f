"""Topology evolution: what leaves, what arrives, when, and the named combinations."""

from ctre.methods.drop import LeastSimilar, NearestZeroEachSign, RandomDrop, SmallestMagnitude
from ctre.methods.evolve import Evolution, Method, evolve
from ctre.methods.grow import LargestGradient, MostSimilar, Nothing, Random, ReplaceRegrown, Switch
from ctre.methods.pace import GradualPruning, Share
from ctre.methods.policy import Drop, Evidence, Grow, Growth, Needs, Stage
from ctre.methods.recipes import RECIPES, Recipe, get_recipe
from ctre.methods.schedules import SCHEDULES, get_schedule
from ctre.methods.settings import METHOD_SETTINGS, settings_of
from ctre.methods.similarity import cosine, euclidean, hebb
from ctre.methods.start import ErdosRenyi, Full, Snip, Start, StartPlan

__all__ = [
    "METHOD_SETTINGS",
    "RECIPES",
    "SCHEDULES",
    "Drop",
    "ErdosRenyi",
    "Evidence",
    "Evolution",
    "Full",
    "GradualPruning",
    "Grow",
    "Growth",
    "LargestGradient",
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
    "Share",
    "SmallestMagnitude",
    "Snip",
    "Stage",
    "Start",
    "StartPlan",
    "Switch",
    "cosine",
    "euclidean",
    "evolve",
    "get_recipe",
    "get_schedule",
    "hebb",
    "settings_of",
]
