"""Fitting a sparse network: epochs, validation, evolution, callbacks."""

from ctre.training.callbacks import Callback, FitPlan, StopTraining
from ctre.training.history import EpochRecord, History
from ctre.training.loop import Fit, TrainingData, TrainingSettings, train
from ctre.training.validation import Validation, Verdict

__all__ = [
    "Callback",
    "EpochRecord",
    "Fit",
    "FitPlan",
    "History",
    "StopTraining",
    "TrainingData",
    "TrainingSettings",
    "Validation",
    "Verdict",
    "train",
]
