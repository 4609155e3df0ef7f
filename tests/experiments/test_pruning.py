from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from ctre.estimators import SparseMLPClassifier
from ctre.experiments import (
    CRITERIA,
    Store,
    accuracies_while_pruning,
    carry_out,
    cells_of,
    pruning,
    removable_share,
)
from ctre.experiments.prune_curves import prune_curves_of
from ctre.network import SparseNetwork

QUICK = {
    "hidden_layer_sizes": (16,), "epsilon": 3, "learning_rate_init": 0.1, "batch_size": 100,
    "validation_fraction": 0.1, "scaling": "none",
}  # fmt: skip


@pytest.fixture
def model(toy):
    model = SparseMLPClassifier(method="set", max_iter=30, random_state=0, **QUICK)
    model.fit(toy.X_train, toy.y_train)
    assert model.score(toy.X_test, toy.y_test) > 0.9  # trained, so there is something to lose
    return model


def labels(model, toy):
    return np.searchsorted(model.classes_, toy.y_test).astype(np.int32)


def accuracies(model, toy, importances, **keywords):
    curve = accuracies_while_pruning(
        model.network_, importances, toy.X_test, labels(model, toy), **keywords
    )
    return np.array(list(curve))


def test_from_the_whole_network_to_its_biases(model, toy):
    for layer in model.network_.layers:
        layer.biases += np.float32(0.5)
    model.network_.layers[-1].biases[:] = [0, 1, 0]
    importances = CRITERIA["magnitude"](model.network_, toy.X_train, None)
    curve = accuracies(model, toy, importances, n_steps=20)
    assert len(curve) == 21
    assert curve[0] == model.score(toy.X_test, toy.y_test)
    assert curve[-1] == np.mean(toy.y_test == "elm")


def test_each_step_removes_its_share_of_each_layer(network_of):
    """Of ten connections a quarter each time: rounded, and none left at the end."""
    network = network_of(np.arange(1, 11)[None, :])
    steps = [
        [layer.topology.n_connections for layer in step.layers]
        for step in pruned_networks(network, [np.arange(10.0)], n_steps=4)
    ]
    assert steps == [[10], [8], [5], [2], [0]]


def pruned_networks(network, importances, n_steps):
    """Catch the networks that are tested."""
    seen = []

    def scores(self, samples, _n_threads):
        seen.append(self)
        return samples

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SparseNetwork, "scores", scores)
        patch.setattr(pruning, "_SPARSE_FROM", 0)
        some = np.zeros((1, 2), np.float32)
        list(accuracies_while_pruning(network, importances, some, [0], n_steps=n_steps))
    return seen


def test_the_lowest_leave_first_and_of_equal_ones_the_lower_key(network_of):
    network = network_of(np.ones((1, 4)))
    importances = [np.array([0.5, 0.1, 0.5, 0.9], dtype=np.float32)]
    kept = [
        step.layers[0].topology.keys.tolist() for step in pruned_networks(network, importances, 4)
    ]
    assert kept == [[0, 1, 2, 3], [0, 2, 3], [2, 3], [3], []]


def test_zeros_and_missing_connections_predict_alike(model, toy, monkeypatch):
    importances = CRITERIA["cosine"](model.network_, toy.X_train, None)
    curves = []
    for share in (0, 2):
        monkeypatch.setattr(pruning, "_SPARSE_FROM", share)
        curves.append(accuracies(model, toy, importances, n_steps=10))
    assert curves[0].tolist() == curves[1].tolist()


def test_the_network_is_left_as_it_was(model, toy):
    before = model.predict_proba(toy.X_test)
    accuracies(model, toy, CRITERIA["magnitude"](model.network_, toy.X_train, None), n_steps=5)
    assert np.array_equal(model.predict_proba(toy.X_test), before)


def test_magnitude_outlasts_chance(model, toy):
    rng = np.random.default_rng(0)
    magnitude = CRITERIA["magnitude"](model.network_, toy.X_train, rng)
    by_magnitude = accuracies(model, toy, magnitude, n_steps=20)
    most_first = accuracies(model, toy, [-values for values in magnitude], n_steps=20)
    by_chance = np.mean(
        [
            accuracies(model, toy, CRITERIA["random"](model.network_, toy.X_train, rng), n_steps=20)
            for _ in range(5)
        ],
        axis=0,
    )
    removed = np.linspace(0, 1, 21)
    assert removable_share(removed, by_magnitude) > removable_share(removed, by_chance) + 0.2
    assert by_magnitude.mean() > by_chance.mean() > most_first.mean()


def test_importances_by_their_definitions(model, toy, rng):
    network = model.network_
    magnitude, similarity, chance = (
        CRITERIA[name](network, toy.X_train, rng) for name in ("magnitude", "cosine", "random")
    )
    for layer, values in zip(network.layers, magnitude, strict=True):
        assert np.array_equal(values, np.abs(layer.weights))
    *hidden, scores = network.activations(toy.X_train)
    befores, afters = [toy.X_train, *hidden], [*hidden, softmax(scores, axis=1)]
    for layer, before, after, values in zip(
        network.layers, befores, afters, similarity, strict=True
    ):
        before, after = before[:, layer.topology.indices], after[:, layer.topology.post_indices]
        lengths = np.linalg.norm(before, axis=0) * np.linalg.norm(after, axis=0)
        expected = np.abs((before * after).sum(axis=0)) / np.maximum(lengths, 1e-30)
        np.testing.assert_allclose(values, expected, atol=1e-5)
    for layer, values in zip(network.layers, chance, strict=True):
        assert values.shape == layer.weights.shape
        assert len(np.unique(values)) == len(values)


@pytest.mark.parametrize(
    ("accuracies", "share"),
    [
        ([1.0, 0.95, 0.94, 1.0], 0.25),  # exactly 95 % is not a fall; what comes back is no help
        ([0.8, 0.76, 0.77, 0.8], 1.0),
        ([1.0, 0.5, 1.0, 1.0], 0.0),
    ],
)
def test_the_share_that_can_leave(accuracies, share):
    assert removable_share([0, 0.25, 0.5, 1.0], accuracies) == share


def test_taking_apart_has_five_curves_a_network(toy, experiment_of):
    experiments = [
        experiment_of(method, seed, prune_steps=4, **QUICK | {"max_iter": n_epochs})
        for method in ("dense", "set")
        for n_epochs in (1, 30)
        for seed in (0, 1)
    ]
    with Store() as store:
        carry_out(experiments, store)
        curves = prune_curves_of(cells_of(store))
    assert len(curves) == 2 * 2 * 5
    assert {(curve.criterion, curve.order) for curve in curves} == {
        ("magnitude", "least-first"),
        ("magnitude", "most-first"),
        ("cosine", "least-first"),
        ("cosine", "most-first"),
        ("random", "any"),
    }
    for curve in curves:
        assert curve.removed.tolist() == [0, 0.25, 0.5, 0.75, 1]
        assert curve.test_accuracy.shape == (2, 5)
    heights = {curve[:4]: curve.test_accuracy.mean() for curve in curves}
    for criterion in ("magnitude", "cosine"):
        least = heights["set", 30, criterion, "least-first"]
        assert least > heights["set", 30, criterion, "most-first"] + 0.1
    intact = {curve[:2]: curve.test_accuracy[:, 0] for curve in curves}
    for seed in (0, 1):
        model = SparseMLPClassifier(method="set", max_iter=30, random_state=seed, **QUICK)
        model.fit(toy.X_train, toy.y_train)
        assert intact["set", 30][seed] == model.score(toy.X_test, toy.y_test)
