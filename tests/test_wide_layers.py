"""Layers of more than 2**32 places: keys leave 32 bits, all the way from the draw to the file."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pytest

from ctre import SparseMLPClassifier
from ctre.kernels import SGD, BilinearForm
from ctre.methods import (
    Batches,
    Evidence,
    LayerEvidence,
    Sample,
    Stage,
    bound,
    evolve,
    get_recipe,
)
from ctre.network import SparseLayer
from ctre.persistence import load_model, save_model
from ctre.topology import Topology, TopologyChange

N = 70_000  # neurons on either side of the wide layer
COUNT = 3_000


def assert_reaches_beyond_32_bits(topology):
    """Places drawn at random lie on both sides of 2**31 and of 2**32, within the layer."""
    keys = topology.keys
    assert topology.n_connections == COUNT
    assert np.all(np.diff(keys) > 0)
    for border in (2**31, 2**32):
        assert 0.05 < np.mean(keys > border) < 0.95
    assert keys[0] >= 0
    assert keys[-1] < N * N
    np.testing.assert_array_equal(keys // N, topology.post_indices)
    np.testing.assert_array_equal(keys % N, topology.indices)
    for quarter in (topology.indices, topology.post_indices):
        assert np.histogram(quarter, bins=4, range=(0, N))[0].min() > COUNT / 8


@pytest.fixture(scope="module")
def wide():
    return Topology.random(N, N, COUNT, np.random.default_rng(0))


def test_places_are_drawn_from_the_whole_layer(wide):
    assert_reaches_beyond_32_bits(wide)
    assert wide.n_absent == N * N - COUNT
    assert wide.density == COUNT / N**2


def test_places_are_found_dropped_and_grown(wide):
    last = np.array([N * N - 1])
    assert wide.contains(wide.keys).all()
    assert not wide.contains(wide.keys[:-1] + 2**32).any()
    change = TopologyChange.replacing(wide, np.arange(COUNT - 1), last)
    assert change.new.keys.tolist() == [wide.keys[-1], N * N - 1]
    assert change.new.indices[-1] == change.new.post_indices[-1] == N - 1
    assert wide.without(np.arange(1, COUNT)).keys.tolist() == [wide.keys[0]]


@pytest.mark.parametrize(
    ("method", "n_candidates"), [("set", None), ("ctre-sim", 1), ("ctre-sim", 3), ("rigl", 3)]
)
def test_growth_reaches_every_part_of_the_layer(wide, method, n_candidates):
    rng = np.random.default_rng(1)
    pre, post = (rng.standard_normal((5, N)).astype(np.float32) for _ in range(2))
    evidence = Evidence(
        topology=wide,
        weights=rng.standard_normal(COUNT).astype(np.float32),
        rng=rng,
        stage=Stage(1, 2),
        budget=COUNT,
        observed={rows: LayerEvidence(pre, post, post) for rows in (Sample(), Batches())},
    )
    method = bound(get_recipe(method).method, {"candidates": n_candidates, "drop_fraction": 1.0})
    evolution = evolve(evidence, method)
    assert_reaches_beyond_32_bits(evolution.change.new)
    assert evolution.change.n_born == COUNT - evolution.n_regrown


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_scores_are_those_of_their_neurons(wide, backend):
    if backend == "native":
        pytest.importorskip("ctre.kernels._native", reason="the extension is not built")
    kernels = importlib.import_module(f"ctre.kernels.{backend}")
    sides = np.arange(1, N + 1, dtype=np.float32)
    form = BilinearForm(sides[None, :], 1 / sides[None, :])
    scores = kernels.pair_scores(form, wide.indptr, wide.indices, n_threads=2)
    want = (wide.indices + 1) / (wide.post_indices + 1)
    np.testing.assert_allclose(scores, want, rtol=1e-6)


def test_the_best_pairs_are_found_beyond_32_bits(wide):
    """All but a few neurons are dead, which makes the search short."""
    pytest.importorskip("ctre.kernels._native", reason="the extension is not built")
    native = importlib.import_module("ctre.kernels.native")
    pre, post = np.zeros((2, 1, N), np.float32)
    pre[0, [5, N - 2]], post[0, [7, N - 1]] = [1, 2], [1, 3]
    keys = native.best_absent_pairs(
        BilinearForm(pre, post), wide.indptr, wide.indices, 4, n_threads=2
    )
    assert keys.tolist() == [7 * N + 5, 7 * N + N - 2, (N - 1) * N + 5, (N - 1) * N + N - 2]


@pytest.fixture(scope="module")
def model():
    """Trained for two epochs with an update between them; the wide layer has 2,800 connections."""
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((40, 20)).astype(np.float32), np.arange(40) % 2
    return SparseMLPClassifier(
        (N, N), epsilon=0.02, method="ctre-sim", similarity_candidates=3, max_iter=2, batch_size=10,
        random_state=0,
    ).fit(X, y)  # fmt: skip


def test_a_network_with_a_wide_layer_trains(model):
    topology = model.network_.layers[1].topology
    assert (topology.n_pre, topology.n_post, topology.n_connections) == (N, N, 2_800)
    assert topology.keys[-1] > 2**32
    assert np.all(np.diff(topology.keys) > 0)
    assert sum(model.history_[0].n_born) > 0
    assert 0 < model.density_ < 2e-6


def test_a_network_with_a_wide_layer_is_saved_and_loaded(model, tmp_path):
    save_model(tmp_path / "wide.safetensors", model)
    loaded = load_model(tmp_path / "wide.safetensors").estimator
    assert loaded.similarity_candidates == 3
    for one, other in zip(model.network_.layers, loaded.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)
    X = np.random.default_rng(3).standard_normal((7, 20)).astype(np.float32)
    np.testing.assert_array_equal(model.predict_proba(X), loaded.predict_proba(X))


@pytest.mark.parametrize("column", [0, N - 1])
def test_training_reaches_the_last_places(column):
    """A path through the corners of a wide layer is trained as one through a 1 x 1 layer is."""
    backends = [importlib.import_module("ctre.kernels.reference")]
    if importlib.util.find_spec("ctre.kernels._native"):
        backends.append(importlib.import_module("ctre.kernels.native"))
    trained = [
        _train_path(kernels, width, 0 if width == 1 else column)
        for kernels in backends
        for width in (1, N)
    ]
    assert np.abs(np.abs(trained[0]) - 0.5).min() > 1e-3  # every one of them was trained
    for weights in trained[1:]:
        np.testing.assert_allclose(weights, trained[0], rtol=1e-5)


def _train_path(kernels, width, column):
    """Train 1 - width - width - 2, connected by one path through a corner; give its weights."""
    topologies = [
        Topology.from_keys(1, width, np.array([column])),
        Topology.from_keys(width, width, np.array([column * width + column])),
        Topology.from_keys(width, 2, np.array([column, width + column])),
    ]
    layers = [
        SparseLayer(t, np.full(t.n_connections, 0.5, np.float32), np.zeros(t.n_post, np.float32))
        for t in topologies
    ]
    layers[-1].weights[0] = -0.5
    for layer in layers:
        layer.reset_slots(1)
    kernels.train_epoch(
        [layer.arrays() for layer in layers],
        np.array([[1.0], [2.0], [3.0]], np.float32),
        np.array([0, 1, 1], np.int32),
        np.array([0, 1, 2], np.int32),
        sample_weight=None, input_dropout=None, batch_size=2, activation="relu",
        loss="softmax_cross_entropy", optimizer=SGD(0.1), n_threads=1, tick=None,
    )  # fmt: skip
    return np.concatenate([layer.weights for layer in layers])
