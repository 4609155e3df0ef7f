"""Topology evolution: what leaves, what arrives, when, and the named combinations."""

from ctre.methods.drop import LeastSimilar, NearestZeroEachSign, RandomDrop, SmallestMagnitude
from ctre.methods.evolve import Evolution, evolve
from ctre.methods.grow import LargestGradient, MostSimilar, Random, ReplaceRegrown, Switch
from ctre.methods.policy import Drop, Evidence, Grow, Growth, Method, Needs, Stage
from ctre.methods.recipes import RECIPES, Recipe, get_recipe
from ctre.methods.schedules import SCHEDULES, get_schedule
from ctre.methods.similarity import cosine, euclidean, hebb

__all__ = [
    "RECIPES",
    "SCHEDULES",
    "Drop",
    "Evidence",
    "Evolution",
    "Grow",
    "Growth",
    "LargestGradient",
    "LeastSimilar",
    "Method",
    "MostSimilar",
    "NearestZeroEachSign",
    "Needs",
    "Random",
    "RandomDrop",
    "Recipe",
    "ReplaceRegrown",
    "SmallestMagnitude",
    "Stage",
    "Switch",
    "cosine",
    "euclidean",
    "evolve",
    "get_recipe",
    "get_schedule",
    "hebb",
]
