"""Topology evolution: what leaves, what arrives, when, and the named combinations."""

from ctre.methods.drop import SmallestMagnitude
from ctre.methods.evolve import Evolution, evolve
from ctre.methods.grow import AfterStall, MostSimilar, Random, ReplaceRegrown
from ctre.methods.policy import Drop, Evidence, Grow, Growth, Method, Stage
from ctre.methods.recipes import RECIPES, Recipe, get_recipe
from ctre.methods.schedules import SCHEDULES, get_schedule
from ctre.methods.similarity import cosine

__all__ = [
    "RECIPES",
    "SCHEDULES",
    "AfterStall",
    "Drop",
    "Evidence",
    "Evolution",
    "Grow",
    "Growth",
    "Method",
    "MostSimilar",
    "Random",
    "Recipe",
    "ReplaceRegrown",
    "SmallestMagnitude",
    "Stage",
    "cosine",
    "evolve",
    "get_recipe",
    "get_schedule",
]
