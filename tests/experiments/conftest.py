"""A small problem that is learned in a moment, and networks written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctre.datasets import Dataset
from ctre.experiments import DataSource, Experiment, Store, StudyData, facts_of
from ctre.network import SparseLayer, SparseNetwork
from ctre.preprocessing import fit_scaling
from ctre.topology import Topology


@pytest.fixture(scope="session")
def quick():
    """Keywords of a training that takes no time."""
    return {
        "hidden_layer_sizes": (8,), "epsilon": 2, "max_iter": 3, "learning_rate_init": 0.1,
        "batch_size": 100, "validation_fraction": 0.1, "scaling": "none",
    }  # fmt: skip


@pytest.fixture(scope="session")
def toy_rows():
    """Three clouds of points in ten dimensions, of which the first three tell them apart."""
    rng = np.random.default_rng(0)
    y = np.arange(360) % 3
    X = rng.normal(size=(360, 10)).astype(np.float32)
    X[np.arange(360), y] += 4
    names = np.array(["ash", "elm", "oak"])[y]
    X = fit_scaling("standard", X[:240]).apply(X)
    return X[:240], names[:240], X[240:], names[240:]


@pytest.fixture(scope="session")
def toy(toy_rows):
    """The same as a study takes them."""
    return StudyData.of(Dataset("toy", *toy_rows))


@pytest.fixture(scope="session")
def toy_facts(toy_rows, tmp_path_factory):
    """What is known of them once they are in a file."""
    path = tmp_path_factory.mktemp("data") / "toy.npz"
    names = ("X_train", "y_train", "X_test", "y_test")
    np.savez(path, **dict(zip(names, toy_rows, strict=True)))
    return facts_of(DataSource("toy", str(path)))


@pytest.fixture(scope="session")
def experiment_of(toy_facts, quick):
    """Make an experiment that takes no time."""

    def make(method="set", seed=0, *, prune_steps=0, facts=toy_facts, **changes):
        keywords = {**quick, "method": method, **changes}
        return Experiment.of(facts, keywords, seed, prune_steps=prune_steps)

    return make


@pytest.fixture
def store(tmp_path):
    """A store in a file."""
    with Store(tmp_path / "runs.db") as opened:
        yield opened


@pytest.fixture
def network_of():
    """Build a network from one dense (n_pre, n_post) array a layer; 0 stands for no connection."""

    def build(*matrices, biases=None, activation="relu"):
        layers = []
        for number, matrix in enumerate(matrices):
            by_post = np.asarray(matrix, dtype=np.float32).T
            n_post, n_pre = by_post.shape
            keys = np.flatnonzero(by_post)
            bias = np.zeros(n_post) if biases is None else np.asarray(biases[number])
            layers.append(
                SparseLayer(
                    Topology.from_keys(n_pre, n_post, keys),
                    by_post.ravel()[keys],
                    bias.astype(np.float32),
                )
            )
        return SparseNetwork(layers, activation, "softmax_cross_entropy")

    return build
