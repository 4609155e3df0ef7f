"""The rules of growth that are compared, as recipes; those of ctre go by their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ctre.kernels import BilinearForm, kernels
from ctre.methods import Evidence, Growth, Method, Needs, Recipe, SmallestMagnitude, Stage
from ctre.methods.citations import CTRE
from ctre.topology import Topology

InputSide = Literal["raw", "unit", "cosine", "root"]


@dataclass
class Correlated:
    """The absent pairs of the highest |correlation|; what the first layer does is a choice.

    ``"raw"`` leaves its input columns as they are, |cov(x_p, a_q)| / std(a_q); ``"unit"`` makes it
    the correlation; ``"root"`` lies halfway, |cov| / sqrt(std(x_p)) / std(a_q). Policies are not
    told which layer they serve, so it is the first one asked in an update, of so many inputs.
    """

    n_features: int
    input_side: InputSide = "raw"
    _is_first: bool = field(default=True, init=False)

    def needs(self, stage: Stage) -> Needs:  # noqa: ARG002
        self._is_first = True
        return Needs(activations=True)

    def choose(self, evidence: Evidence, taken: Topology, count: int) -> Growth:
        pre, post = evidence.activations()
        is_input = self._is_first and taken.n_pre == self.n_features
        self._is_first = False
        post = _centred_units(post)
        if not is_input:
            pre = pre * _inverse(_spread(pre))
        elif self.input_side != "raw":
            pre = np.asarray(pre.toarray() if hasattr(pre, "toarray") else pre)
            power = 1.0 if self.input_side == "unit" else 0.5
            pre = pre * _inverse(_spread(pre) ** power)
        form = BilinearForm(pre, post)
        keys = kernels().best_absent_pairs(
            form, taken.indptr, taken.indices, count, n_threads=evidence.n_threads
        )
        return Growth(keys, n_random=0)


def _spread(a: Any) -> Any:
    return np.linalg.norm(a - a.mean(axis=0), axis=0)


def _inverse(length: Any) -> Any:
    return np.where(length > 1e-6, 1 / np.maximum(length, 1e-6), 0).astype(np.float32)


def _centred_units(a: Any) -> Any:
    a = a - a.mean(axis=0)
    return a * _inverse(np.linalg.norm(a, axis=0))


_INPUT_SIDES: dict[str, InputSide] = {"corr": "raw", "pearson": "unit", "root": "root"}


def recipe(name: str, n_features: int) -> str | Recipe:
    """Give what ``SparseMLPClassifier(method=...)`` takes."""
    if name not in _INPUT_SIDES:
        return name
    grow = Correlated(n_features, _INPUT_SIDES[name])
    return Recipe(name, "growth by correlation", Method(SmallestMagnitude(), grow), CTRE)
