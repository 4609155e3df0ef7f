"""The module against the estimator's network, step for step, and over the same memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from sklearn.datasets import load_digits  # noqa: E402

from ctre import SparseMLPClassifier, SparseMLPRegressor  # noqa: E402
from ctre.errors import InvalidParameterError  # noqa: E402
from ctre.kernels import SGD  # noqa: E402
from ctre.methods import (  # noqa: E402
    Stage,
    bound,
    get_recipe,
)
from ctre.network import SparseLayer, SparseNetwork, get_weight_init  # noqa: E402
from ctre.topology import Topology  # noqa: E402
from ctre.torch import Evolution, SparseLinear, from_estimator, to_estimator  # noqa: E402
from ctre.training import Evolver  # noqa: E402
from ctre.training.data import LabelledRows  # noqa: E402
from ctre.training.evidence import observe  # noqa: E402

nn, functional = torch.nn, torch.nn.functional

SIZES = (8, 30, 20, 3)


def twins(rng):
    """A network, and the same as a module."""
    layers = []
    for n_pre, n_post in pairwise(SIZES):
        topology = Topology.random(n_pre, n_post, max(1, n_pre * n_post // 4), rng)
        weights = rng.normal(0, 0.3, topology.n_connections).astype(np.float32)
        layers.append(SparseLayer(topology, weights, np.zeros(n_post, np.float32)))
    network = SparseNetwork(layers, "relu", "softmax_cross_entropy")
    network.reset_slots(1)
    modules = []
    for layer in layers:
        module = SparseLinear.of(
            layer.topology, torch.tensor(layer.weights), torch.tensor(layer.biases)
        )
        modules += [nn.ReLU(), module] if modules else [module]
    return network, nn.Sequential(*modules)


def groups_of(model):
    """L2 is on weights, not on biases."""
    values = [p for name, p in model.named_parameters() if name.endswith("values")]
    biases = [p for name, p in model.named_parameters() if name.endswith("bias")]
    return [{"params": values, "weight_decay": 1e-3}, {"params": biases, "weight_decay": 0.0}]


@pytest.mark.parametrize("method", ["set", "ctre-sim", "rigl"])
def test_step_for_step_as_the_estimators_network(rng, method):
    """Forward, backward, momentum and decay; then an update, and on: the same connections."""
    network, model = twins(rng)
    samples = rng.normal(size=(60, 8)).astype(np.float32)
    labels = rng.integers(3, size=60).astype(np.int32)
    rows = LabelledRows(samples, labels, None)
    optimizer = torch.optim.SGD(groups_of(model), 0.05, momentum=0.9, nesterov=True)
    settings = {"update_interval": 3, "drop_fraction": 0.3, "similarity_samples": None}
    evolution = Evolution(
        model,
        optimizer,
        method,
        evidence=torch.from_numpy(samples),
        activation={"4": nn.Softmax(-1)},
        seed=7,
        **settings,
    )
    evolver = Evolver(
        bound(
            get_recipe(method).method,
            {"update_interval": 3, "drop_fraction": 0.3, "sample_size": None},
        ),
        network.n_connections,
        get_weight_init("uniform").newborn,
        np.random.SeedSequence(7),
    )
    n_born = 0
    for step in range(1, 10):
        order = rng.choice(60, 20, replace=False).astype(np.int32)
        batch = rows.take(order)
        # RigL reads the gradients of the step's own batch, from before the step, in both.
        signals = observe(network, batch, frozenset({"pre", "error"}), 1)
        network.train_epoch(
            samples,
            labels,
            order,
            sample_weight=None,
            batch_size=20,
            optimizer=SGD(0.05, 0.9, True, 1e-3),
            n_threads=1,
            tick=None,
        )
        optimizer.zero_grad()
        scores = model(torch.from_numpy(samples[order]))
        functional.cross_entropy(scores, torch.from_numpy(labels[order]).long()).backward()
        optimizer.step()

        changes = evolution.step()
        evolver.update(
            network.layers,
            Stage(step, 100),
            lambda _, reads: signals if "error" in reads else observe(network, rows, reads, 1),  # noqa: B023
        )
        n_born += sum(change.n_born for change in changes)
        for layer, module in zip(network.layers, model[::2], strict=True):
            assert module.indices.tolist() == layer.topology.indices.tolist()
            torch.testing.assert_close(
                module.values.detach(), torch.tensor(layer.weights), rtol=1e-3, atol=1e-5
            )
            torch.testing.assert_close(
                module.bias.detach(), torch.tensor(layer.biases), rtol=1e-3, atol=1e-5
            )
    assert n_born > 0


@pytest.fixture(scope="module")
def fitted():
    X, y = load_digits(return_X_y=True)
    names = np.array(list("abcdefghij"))[y]
    model = SparseMLPClassifier((40, 30), epsilon=3, max_iter=3, activation="tanh", random_state=0)
    return model.fit(X, names), X


def test_from_estimator_gives_its_scores(fitted):
    estimator, X = fitted
    module = from_estimator(estimator)
    samples = estimator._samples(X)
    with torch.no_grad():
        scores = module(torch.from_numpy(np.ascontiguousarray(samples))).numpy()
    np.testing.assert_allclose(scores, estimator.network_.scores(samples), rtol=1e-5, atol=1e-5)


def test_memory_is_shared_there_and_back(fitted):
    """What trains the module trains both estimators. Planted: a copy."""
    estimator, X = fitted
    module = from_estimator(estimator)
    again = to_estimator(module, estimator)
    assert again is not estimator
    for layer, other, part in zip(
        estimator.network_.layers, again.network_.layers, module[::2], strict=True
    ):
        for one in (layer, other):
            assert np.shares_memory(one.weights, part.values.detach().numpy())
            assert np.shares_memory(one.biases, part.bias.detach().numpy())
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    before = estimator.predict_proba(X)
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    samples = torch.from_numpy(np.ascontiguousarray(estimator._samples(X)))
    module(samples).square().mean().backward()
    optimizer.step()
    assert np.any(estimator.predict_proba(X) != before)
    np.testing.assert_array_equal(estimator.predict_proba(X), again.predict_proba(X))


def test_a_regressor_goes_there_and_back():
    X, y = load_digits(return_X_y=True)
    estimator = SparseMLPRegressor((20,), epsilon=3, max_iter=2, random_state=0).fit(X, y)
    again = to_estimator(from_estimator(estimator), estimator)
    assert isinstance(again, SparseMLPRegressor)
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


def test_an_update_parts_the_two(fitted):
    """The estimator keeps the connections that it has, with their weights."""
    estimator, X = fitted
    module = from_estimator(estimator)
    expected = estimator.predict_proba(X)
    optimizer = torch.optim.SGD(module.parameters(), 0.0)
    evolution = Evolution(module, optimizer, "set", update_interval=1)
    samples = torch.from_numpy(np.ascontiguousarray(estimator._samples(X)))
    for _ in range(2):
        optimizer.zero_grad()
        module(samples).square().mean().backward()
        optimizer.step()
        assert evolution.step()
        for group in optimizer.param_groups:
            group["lr"] = 0.1
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    evolved = to_estimator(module, estimator)
    with torch.no_grad():
        scores = module(samples).numpy()
    np.testing.assert_allclose(
        evolved.network_.scores(estimator._samples(X)), scores, rtol=1e-4, atol=1e-5
    )


def test_what_does_not_fit_is_refused(fitted):
    estimator, _ = fitted
    with pytest.raises(InvalidParameterError, match="estimator must be fitted"):
        from_estimator(SparseMLPClassifier())
    module = from_estimator(estimator)
    with pytest.raises(InvalidParameterError, match="like must be fitted"):
        to_estimator(module, SparseMLPClassifier())
    with pytest.raises(InvalidParameterError, match="with Tanh"):
        to_estimator(nn.Sequential(module[0], nn.ReLU(), module[2]), estimator)
    with pytest.raises(InvalidParameterError, match=r"64 features to 10 scores .* got 64 to 40"):
        to_estimator(module[:1], estimator)
    with pytest.raises(InvalidParameterError, match="float32 on the CPU"):
        to_estimator(from_estimator(estimator).double(), estimator)
