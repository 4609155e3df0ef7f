"""Experiments: records of trainings, a store of what they brought, and what that says.

::

    facts = facts_of(DataSource("madelon"))
    experiments = [Experiment.of(facts, {"method": "set"}, seed) for seed in range(3)]
    with Store("runs.db") as store:
        carry_out(experiments, store, n_jobs=2)
        cells = cells_of(store)
"""

from ctre.experiments.cells import Cell, cells_of
from ctre.experiments.cost import Cost, count_multiply_adds, published_similarity_cost
from ctre.experiments.data import DataFacts, DataSource, StudyData, facts_of
from ctre.experiments.experiment import RESULTS_VERSION, Experiment
from ctre.experiments.exploration import Exploration
from ctre.experiments.neurons import (
    DegreeDistribution,
    Reachability,
    dead_neurons,
    degree_distributions,
    reachability,
)
from ctre.experiments.prune_curves import PruneCurve, prune_curves_of, removable_share
from ctre.experiments.pruning import CRITERIA, accuracies_while_pruning
from ctre.experiments.result import EpochPoint, Made, Outcome, PrunePoint, Result, Seconds
from ctre.experiments.run import run
from ctre.experiments.runner import Event, carry_out
from ctre.experiments.significance import Significance, kolmogorov_smirnov, smallest_p_value
from ctre.experiments.speed import training_delay
from ctre.experiments.store import Store
from ctre.experiments.stored_run import StoredRun
from ctre.experiments.summary import Curves, Summary, curves_of, summarize

__all__ = [
    "CRITERIA",
    "RESULTS_VERSION",
    "Cell",
    "Cost",
    "Curves",
    "DataFacts",
    "DataSource",
    "DegreeDistribution",
    "EpochPoint",
    "Event",
    "Experiment",
    "Exploration",
    "Made",
    "Outcome",
    "PruneCurve",
    "PrunePoint",
    "Reachability",
    "Result",
    "Seconds",
    "Significance",
    "Store",
    "StoredRun",
    "StudyData",
    "Summary",
    "accuracies_while_pruning",
    "carry_out",
    "cells_of",
    "count_multiply_adds",
    "curves_of",
    "dead_neurons",
    "degree_distributions",
    "facts_of",
    "kolmogorov_smirnov",
    "prune_curves_of",
    "published_similarity_cost",
    "reachability",
    "removable_share",
    "run",
    "smallest_p_value",
    "summarize",
    "training_delay",
]
