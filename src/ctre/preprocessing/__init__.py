"""What rows go through before the network sees them, learned from training rows alone."""

from ctre.preprocessing.columns import ColumnScaling, rounded_away
from ctre.preprocessing.scaling import Scaling, fit_scaling, scaling_kind
from ctre.preprocessing.words import WordScaling

__all__ = ["ColumnScaling", "Scaling", "WordScaling", "fit_scaling", "rounded_away", "scaling_kind"]
