"""Estimators that live among scikit-learn's."""

from ctre.estimators.classifier import SparseMLPClassifier
from ctre.estimators.protocols import DEFAULT_PROTOCOL, PAPER_PROTOCOL, PROTOCOLS

__all__ = ["DEFAULT_PROTOCOL", "PAPER_PROTOCOL", "PROTOCOLS", "SparseMLPClassifier"]
