"""Fitting a sparse network: epochs, validation, evolution, callbacks."""

from ctre.training.callbacks import Callback, FitPlan, StopTraining
from ctre.training.checkpoint import Checkpoint, SavedFit
from ctre.training.data import Evaluation, LabelledRows, TrainingData
from ctre.training.evidence import TrainingEvidence, observe, sample_size
from ctre.training.evolver import Evolvable, Evolver
from ctre.training.fit import train
from ctre.training.fit_state import FitState
from ctre.training.history import EpochRecord, History
from ctre.training.settings import TrainingSettings
from ctre.training.task import Classification, LabelSets, Regression, Task

__all__ = [
    "Callback",
    "Checkpoint",
    "Classification",
    "EpochRecord",
    "Evaluation",
    "Evolvable",
    "Evolver",
    "FitPlan",
    "FitState",
    "History",
    "LabelSets",
    "LabelledRows",
    "Regression",
    "SavedFit",
    "StopTraining",
    "Task",
    "TrainingData",
    "TrainingEvidence",
    "TrainingSettings",
    "observe",
    "sample_size",
    "train",
]
