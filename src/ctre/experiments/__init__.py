"""Measures of trained networks, and the studies that compare methods and ways to prune."""

from ctre.experiments.comparison import Comparison, RunRow
from ctre.experiments.cost import Cost, count_multiply_adds, published_similarity_cost
from ctre.experiments.data import StudyData
from ctre.experiments.exploration import Exploration
from ctre.experiments.neurons import (
    DegreeDistribution,
    Reachability,
    dead_neurons,
    degree_distributions,
    reachability,
)
from ctre.experiments.prune_curves import PruneCurve, prune_curves_of, removable_share
from ctre.experiments.prune_study import PruneRow, PruneStudy
from ctre.experiments.pruning import CRITERIA, accuracies_while_pruning
from ctre.experiments.significance import Significance, kolmogorov_smirnov, smallest_p_value
from ctre.experiments.speed import training_delay
from ctre.experiments.summary import Curves, Summary, curves_of, summarize

__all__ = [
    "CRITERIA",
    "Comparison",
    "Cost",
    "Curves",
    "DegreeDistribution",
    "Exploration",
    "PruneCurve",
    "PruneRow",
    "PruneStudy",
    "Reachability",
    "RunRow",
    "Significance",
    "StudyData",
    "Summary",
    "accuracies_while_pruning",
    "count_multiply_adds",
    "curves_of",
    "dead_neurons",
    "degree_distributions",
    "kolmogorov_smirnov",
    "prune_curves_of",
    "published_similarity_cost",
    "reachability",
    "removable_share",
    "smallest_p_value",
    "summarize",
    "training_delay",
]
