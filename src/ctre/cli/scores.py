"""How good predictions are, in the words of what was learned."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, r2_score, root_mean_squared_error


class Scores(Protocol):
    """What is said of predictions whose truth is known."""

    @property
    def headline(self) -> str:
        """The one that counts, in few words."""
        ...

    def as_report(self) -> dict[str, float]:
        """Give all by name, ready for JSON."""
        ...

    def rows(self) -> list[tuple[str, str, str]]:
        """Give lines for people: what, how much, and beside what to see it."""
        ...


@dataclass(frozen=True)
class ClassScores:
    """Of predicted classes; shares in [0, 1]."""

    accuracy: float
    balanced_accuracy: float
    """Mean over the classes that occur of the share of their rows predicted right."""
    majority: str
    """The most frequent class of the training rows."""
    majority_share: float
    """How right it would be to predict nothing else."""

    @classmethod
    def of(cls, truth: NDArray[Any], predicted: NDArray[Any], y_train: NDArray[Any]) -> ClassScores:
        """Compute them, and warn where one class is predicted throughout."""
        classes, counts = np.unique(y_train, return_counts=True)
        majority = classes[counts.argmax()]
        only = np.unique(predicted)
        if len(only) == 1 and len(np.unique(truth)) > 1:
            warnings.warn(
                f"Every test row is predicted as {only[0]}: nothing was learned that tells the "
                "classes apart. Train longer, or give rarer classes more rows.",
                stacklevel=3,
            )
        with warnings.catch_warnings():  # a class that no test row has may be predicted
            warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
            balanced = float(balanced_accuracy_score(truth, predicted))
        return cls(
            float(np.mean(predicted == truth)),
            balanced,
            str(majority),
            float(np.mean(truth == majority)),
        )

    @property
    def headline(self) -> str:
        """The accuracy."""
        return f"{100 * self.accuracy:.1f} % of the test rows right"

    def as_report(self) -> dict[str, Any]:
        """Give all by name."""
        return {
            "test_accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "majority_class": self.majority,
            "majority_share": self.majority_share,
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """Give lines for people."""
        return [
            (
                "Test accuracy",
                f"{100 * self.accuracy:.1f} %",
                f"{100 * self.majority_share:.1f} % by predicting {self.majority} throughout",
            ),
            ("Balanced", f"{100 * self.balanced_accuracy:.1f} %", "mean over the classes"),
        ]


@dataclass(frozen=True)
class NumberScores:
    """Of predicted numbers."""

    r2: float
    """Share of the variance explained, at most 1."""
    rmse: float
    """Root mean square of the errors, in the unit of the target."""
    deviation: float
    """Standard deviation of the truth: the error of predicting its mean throughout."""

    @classmethod
    def of(cls, truth: NDArray[Any], predicted: NDArray[Any]) -> NumberScores:
        """Compute them."""
        return cls(
            float(r2_score(truth, predicted)) if len(truth) > 1 else float("nan"),
            float(root_mean_squared_error(truth, predicted)),
            float(np.std(truth)),
        )

    @property
    def headline(self) -> str:
        """R²."""
        return f"R² {self.r2:.3f} on the test rows"

    def as_report(self) -> dict[str, Any]:
        """Give all by name."""
        return {
            "test_r2": None if np.isnan(self.r2) else self.r2,
            "test_rmse": self.rmse,
            "test_deviation": self.deviation,
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """Give lines for people."""
        return [
            ("Test R²", f"{self.r2:.3f}", "share of the variance explained"),
            ("RMSE", _four_digits(self.rmse), f"{_four_digits(self.deviation)} by the mean alone"),
        ]


def _four_digits(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
