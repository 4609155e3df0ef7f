"""What training lends to the policies, and what it does with their choices."""

from __future__ import annotations

import numpy as np
import pytest
from fits import BUDGETS, TRAIN, X, classifier, evolving, fit, y
from scipy.sparse import csr_array, issparse

from ctre.methods import get_recipe
from ctre.network import SparseLayer
from ctre.training import Validation, Verdict, loop


@pytest.fixture
def lent(monkeypatch):
    """All evidence of the fit that follows, with the needs it answers."""
    seen = []

    def spy(evidence, method, drop_fraction, evolve=loop.evolve):
        seen.append((evidence, method.needs(evidence.stage)))
        return evolve(evidence, method, drop_fraction)

    monkeypatch.setattr(loop, "evolve", spy)
    return seen


@pytest.mark.parametrize("method", evolving)
def test_only_what_is_needed_is_lent(method, lent):
    fit(method)
    assert len(lent) == 3 * 5  # layers and updates
    for number, (evidence, needs) in enumerate(lent):
        assert (evidence.pre_activations is not None) == needs.activations
        assert (evidence.post_activations is not None) == needs.activations
        assert len(evidence.gradient_factors) == needs.gradient_batches
        assert evidence.budget == BUDGETS[number % 3]
        assert evidence.stage.progress == (number // 3 + 1) / 6
        assert evidence.stage.patience == 2


@pytest.mark.parametrize(
    ("wanted", "n_rows"), [(None, 100), (40, 40), (1, 1), (100, 100), (1000, 100), (0.25, 25)]
)
def test_similarity_is_measured_on_as_many_training_rows_as_wanted(wanted, n_rows, lent):
    model = fit("ctre-sim", similarity_samples=wanted)
    assert model.similarity_samples_ == n_rows
    known = {row.tobytes() for row in X[TRAIN]}
    subsets = []
    for evidence, _ in lent[::3]:
        rows = {row.tobytes() for row in evidence.pre_activations}
        assert len(rows) == len(evidence.pre_activations) == n_rows
        assert rows <= known
        subsets.append(frozenset(rows))
    assert len(set(subsets)) == (1 if n_rows == 100 else 5)


def test_activations_are_those_of_the_network_before_any_layer_is_updated(lent, monkeypatch):
    """Planted: activations computed after the layers before have evolved."""
    trained = []
    monkeypatch.setattr(
        Validation,
        "judge",
        lambda _, network, __: trained.append(network.snapshot()) or Verdict(1, 0.5),
    )
    fit("ctre-sim", max_iter=2)
    wanted = trained[0].lend_activations(lent[0][0].pre_activations)
    for (evidence, _), (before, after) in zip(lent, wanted, strict=True):
        np.testing.assert_array_equal(evidence.pre_activations, before)
        np.testing.assert_array_equal(evidence.post_activations, after)


def test_the_data_stay_sparse(lent):
    model = classifier("ctre-sim", max_iter=2)
    model.fit(csr_array(np.where(np.abs(X) < 0.5, 0, X)), y)
    assert issparse(lent[0][0].pre_activations)
    assert lent[0][0].pre_activations.shape == (40, 12)


@pytest.mark.parametrize(("method", "n_batches"), [("rigl", 1), ("momentum", 22)])
def test_gradient_factors_are_of_batches_of_training_rows(method, n_batches, lent):
    fit(method, max_iter=2)
    known = {row.tobytes() for row in X[TRAIN]}
    assert len(lent[0][0].gradient_factors) == n_batches
    for samples, signals in lent[0][0].gradient_factors:
        rows = {row.tobytes() for row in samples}
        assert len(rows) == len(samples) == len(signals) == 30
        assert rows <= known


@pytest.mark.parametrize("method", evolving)
def test_newborn_connections_weigh_what_the_method_says(method, monkeypatch):
    """Zero for RigL and momentum, drawn for the others."""
    drawn = []

    def spy(self, change, newborn, apply=SparseLayer.apply):
        drawn.extend(newborn.tolist())
        assert len(newborn) == change.n_born
        apply(self, change, newborn)

    monkeypatch.setattr(SparseLayer, "apply", spy)
    fit(method, drop_fraction=0.5)
    if get_recipe(method).method.newborn == "zero":
        assert not any(drawn)
        assert drawn
    elif method == "magnitude":
        assert not drawn
    else:
        assert 0.09 < np.std(drawn) < 0.11  # weight_init="normal"
