"""The dense network against a sparse one in which every pair is connected."""

from __future__ import annotations

import numpy as np
import pytest
from networks import SIZES, float32, network
from scipy.sparse import csr_array

from ctre.kernels import SGD, Adam
from ctre.network import DenseNetwork


@pytest.fixture
def samples(rng):
    return float32(rng.standard_normal((25, SIZES[0])))


@pytest.fixture
def targets(rng):
    return rng.integers(SIZES[-1], size=25).astype(np.int32)


def twins(rng, **options):
    """Give a full sparse network and the dense one of the same weights."""
    sparse = network(rng, density=1.0, **options)
    return sparse, DenseNetwork.of(sparse.snapshot().layers, sparse.activation, sparse.loss)


def test_it_says_of_itself_what_the_sparse_one_says(rng):
    sparse, dense = twins(rng)
    assert dense.layer_sizes == sparse.layer_sizes
    assert dense.n_connections == sparse.n_connections
    np.testing.assert_allclose(dense.input_strength(), sparse.input_strength(), rtol=1e-6)
    for a, b in zip(dense.coefs, sparse.coefs, strict=True):
        np.testing.assert_array_equal(a, b.toarray())
    for a, b in zip(dense.intercepts, sparse.intercepts, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.05, 0.9, nesterov=True, l2=0.01), SGD(0.05, 0.5, nesterov=False, l2=0), Adam(0.01)],
    ids=["nesterov", "momentum", "adam"],
)
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_it_trains_as_the_sparse_one_does(optimizer, is_sparse, is_weighted, rng, samples, targets):
    """Batches of 10, 10 and 5; planted: the last batch divided by the batch size."""
    weight = float32(rng.random(25)) if is_weighted else None
    rows = csr_array(samples) if is_sparse else samples
    totals = []
    sparse, dense = twins(rng, activation="tanh")
    for net in (sparse, dense):
        net.reset_slots(2 if isinstance(optimizer, Adam) else 1)
        totals.append(
            net.train_epoch(
                rows,
                targets,
                np.random.default_rng(1).permutation(25).astype(np.int32),
                sample_weight=weight,
                batch_size=10,
                optimizer=optimizer,
                n_threads=1,
                tick=None,
            )
        )
    assert totals[0].loss == pytest.approx(totals[1].loss, rel=1e-5)
    assert totals[0].n_correct == totals[1].n_correct
    for a, b in zip(dense.coefs, sparse.coefs, strict=True):
        np.testing.assert_allclose(a, b.toarray(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(dense.scores(rows), sparse.scores(rows), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dense.outputs(rows), sparse.outputs(rows), rtol=1e-4, atol=1e-6)


def test_predictions_do_not_depend_on_the_block(rng):
    samples = float32(rng.standard_normal((5000, SIZES[0])))
    _, dense = twins(rng)
    np.testing.assert_allclose(
        dense.scores(samples)[4090:4100], dense.scores(samples[4090:4100]), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("sizes", [SIZES, (3, 1, 2), (1, 1)])
def test_its_layers_are_copies_with_every_connection(sizes, rng):
    """Planted: a transposed view, which copies nothing where a layer has one neuron on a side."""
    sparse, dense = twins(rng, sizes=sizes)
    for layer, original in zip(dense.layers, sparse.layers, strict=True):
        np.testing.assert_array_equal(layer.topology.keys, original.topology.keys)
        np.testing.assert_array_equal(layer.weights, original.weights)
        layer.weights[:], layer.biases[:] = 0, 0
    assert all(matrix.all() for matrix in dense.coefs)
    assert all(biases.all() for biases in dense.intercepts)


def test_a_snapshot_is_independent(rng, samples):
    _, dense = twins(rng)
    before = dense.scores(samples)
    snapshot = dense.snapshot()
    for matrix in dense.coefs:
        matrix[:] = 1
    np.testing.assert_array_equal(snapshot.scores(samples), before)
