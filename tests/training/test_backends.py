"""The native kernels and the NumPy ones train the same network."""

from __future__ import annotations

import numpy as np
import pytest
from fits import X, classifier, every_recipe, y
from scipy.sparse import csr_array

from ctre.kernels import kernels


@pytest.fixture
def fit_with(monkeypatch):
    pytest.importorskip("ctre.kernels._native", reason="the extension is not built")

    def fit_with(backend, samples, method, **options):
        monkeypatch.setenv("CTRE_KERNELS", backend)
        kernels.cache_clear()
        assert kernels().__name__.endswith({"numpy": "reference"}.get(backend, backend))
        return classifier(method, **options).fit(samples, y)

    yield fit_with
    kernels.cache_clear()


@every_recipe
@pytest.mark.parametrize("is_sparse", [False, True], ids=["dense rows", "sparse rows"])
def test_five_updates_lead_to_the_same_network(method, is_sparse, fit_with):
    """Six epochs: as many topologies, and losses within 1e-4."""
    samples = csr_array(np.where(np.abs(X) < 0.3, 0, X)) if is_sparse else X
    native, plain = (fit_with(backend, samples, method) for backend in ("native", "numpy"))
    for name in ("n_connections", "n_died", "n_born", "n_regrown", "n_random", "stall"):
        assert native.history_.column(name) == plain.history_.column(name)
    for name in ("train_loss", "validation_loss"):
        assert native.history_.column(name) == pytest.approx(plain.history_.column(name), rel=1e-4)
    for one, other in zip(native.network_.layers, plain.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)
        np.testing.assert_allclose(one.weights, other.weights, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        native.predict_proba(samples), plain.predict_proba(samples), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("activation", ["leaky_relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_also_with_other_activations_and_solvers(activation, solver, fit_with):
    """By random growth: two neurons without input, constant, tie in similarity but for rounding."""
    options = {"activation": activation, "solver": solver, "learning_rate_init": 0.01}
    native, plain = (fit_with(backend, X, "set", **options) for backend in ("native", "numpy"))
    for name in ("train_loss", "validation_loss"):
        assert native.history_.column(name) == pytest.approx(plain.history_.column(name), rel=1e-4)
    for one, other in zip(native.network_.layers, plain.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)
        np.testing.assert_allclose(one.weights, other.weights, rtol=1e-3, atol=1e-5)
