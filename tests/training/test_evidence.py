"""What training shows the policies, and what it does with their choices."""

from __future__ import annotations

import numpy as np
import pytest
from fits import BUDGETS, TRAIN, X, classifier, evolving, fit, y
from scipy.sparse import csr_array, issparse

from ctre.methods import Batches, Sample, get_recipe
from ctre.network import SparseLayer
from ctre.training import Evaluation, LabelledRows, evolver, observe


@pytest.fixture
def seen(monkeypatch):
    """All evidence of the fit that follows, with the needs it answers."""
    found = []

    def spy(evidence, method, evolve=evolver.evolve):
        found.append((evidence, method.needs(evidence.stage)))
        return evolve(evidence, method)

    monkeypatch.setattr(evolver, "evolve", spy)
    return found


@pytest.mark.parametrize("method", evolving)
def test_only_what_is_needed_is_lent(method, seen):
    fit(method)
    assert len(seen) == 3 * 5  # layers and updates
    for number, (evidence, needs) in enumerate(seen):
        assert evidence.observed.keys() == needs.keys()
        for rows, reads in needs.items():
            held = evidence.observed[rows]
            parts = {"pre": held._pre, "post": held._post, "error": held._error}
            assert {name for name, part in parts.items() if part is not None} == reads
        assert evidence.budget == BUDGETS[number % 3]
        assert evidence.stage.progress == (number // 3 + 1) / 6


@pytest.mark.parametrize(
    ("wanted", "n_rows"), [(None, 100), (40, 40), (1, 1), (100, 100), (1000, 100), (0.25, 25)]
)
def test_similarity_is_measured_on_as_many_training_rows_as_wanted(wanted, n_rows, seen):
    model = fit("ctre-sim", similarity_samples=wanted)
    assert model.similarity_samples_ == n_rows
    known = {row.tobytes() for row in X[TRAIN]}
    subsets = []
    for evidence, needs in seen[::3]:
        assert list(needs) == [Sample(wanted)]
        pre = evidence.on(Sample(wanted)).pre
        rows = {row.tobytes() for row in pre}
        assert len(rows) == len(pre) == n_rows
        assert rows <= known
        subsets.append(frozenset(rows))
    assert len(set(subsets)) == (1 if n_rows == 100 else 5)


def test_activations_are_those_of_the_network_before_any_layer_is_updated(seen, monkeypatch):
    """Planted: activations computed after the layers before have evolved."""
    trained = []
    monkeypatch.setattr(
        LabelledRows,
        "evaluate",
        lambda _, network, *__: trained.append(network.snapshot()) or Evaluation(1, 0.5),
    )
    fit("ctre-sim", max_iter=2)
    rows = LabelledRows(seen[0][0].on(Sample(40)).pre, np.zeros(40, np.int32))
    wanted = observe(trained[0], rows, {"pre", "post"}, n_threads=1)
    for (evidence, _), layer in zip(seen, wanted, strict=True):
        np.testing.assert_array_equal(evidence.on(Sample(40)).pre, layer.pre)
        np.testing.assert_array_equal(evidence.on(Sample(40)).post, layer.post)


def test_what_is_behind_the_last_layer_are_probabilities():
    """Planted: scores instead of probabilities."""
    network = fit(max_iter=1).network_
    rows = LabelledRows(X, y.astype(np.int32))
    *hidden, last = observe(network, rows, {"pre", "post", "error"}, n_threads=1)
    np.testing.assert_allclose(last.post, network.outputs(X), atol=1e-6)
    np.testing.assert_allclose(last.error, (network.outputs(X) - np.eye(3)[y]) / len(X), atol=1e-8)
    assert hidden[0].pre is X
    assert hidden[1].pre is hidden[0].post


def test_the_data_stay_sparse(seen):
    model = classifier("ctre-sim", max_iter=2)
    model.fit(csr_array(np.where(np.abs(X) < 0.5, 0, X)), y)
    pre = seen[0][0].on(Sample(40)).pre
    assert issparse(pre)
    assert pre.shape == (40, 12)


@pytest.mark.parametrize(("method", "rows"), [("rigl", Batches()), ("momentum", Batches(22, 0.9))])
def test_gradients_are_of_batches_of_training_rows(method, rows, seen):
    fit(method, max_iter=2)
    known = {row.tobytes() for row in X[TRAIN]}
    evidence = seen[0][0].on(rows)
    assert len(evidence.pre) == len(evidence.error) == 30 * rows.n
    for start in range(0, 30 * rows.n, 30):
        batch = {row.tobytes() for row in evidence.pre[start : start + 30]}
        assert len(batch) == 30
        assert batch <= known


def test_a_batch_counts_less_the_later_it_is_drawn(seen):
    """Planted: all batches alike, or the first one least."""
    fit("momentum", max_iter=2, learning_rate_init=1e-12)
    error = seen[-1][0].on(Batches(22, 0.9)).error  # about as large in every batch
    sizes = [np.abs(error[start : start + 30]).mean() for start in range(0, 660, 30)]
    np.testing.assert_allclose(np.array(sizes[1:]) / sizes[:-1], 0.9, rtol=0.1)


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
