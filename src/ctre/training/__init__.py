"""Fitting a sparse network: epochs, validation, evolution, callbacks."""

from ctre.training.callbacks import Callback, FitPlan, ScoreCurve, StopTraining
from ctre.training.checkpoint import Checkpoint, SavedFit
from ctre.training.class_tasks import ClassColumns, Classification, ClassTask, LabelSets
from ctre.training.data import Evaluation, LabelledRows, TrainingData
from ctre.training.evidence import TrainingEvidence, observe, sample_size
from ctre.training.evolver import Evolvable, Evolver
from ctre.training.fit import train
from ctre.training.fit_state import FitState
from ctre.training.history import EpochRecord, History
from ctre.training.settings import TrainingSettings
from ctre.training.stopping import Plateau, Stopping
from ctre.training.task import Regression, Task, target_shape

__all__ = [
    "Callback",
    "Checkpoint",
    "ClassColumns",
    "ClassTask",
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
    "Plateau",
    "Regression",
    "SavedFit",
    "ScoreCurve",
    "StopTraining",
    "Stopping",
    "Task",
    "TrainingData",
    "TrainingEvidence",
    "TrainingSettings",
    "observe",
    "sample_size",
    "target_shape",
    "train",
]
