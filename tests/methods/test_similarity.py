"""The defining property of each score."""

from __future__ import annotations

import numpy as np
import pytest
from generated_layers import ACTIVATIONS, EARLY, frozen_csr, kind_layer, topology
from scipy.sparse import csr_array

from ctre.errors import InvalidParameterError
from ctre.kernels import BilinearForm
from ctre.methods import LayerEvidence, MostSimilar, cosine, euclidean, gradient, hebb, reads
from ctre.methods.similarity import scores_at
from ctre.topology import Topology

EPS = np.finfo(np.float32).eps


def all_scores(score, pre, post):
    """Compute the similarity (n_pre, n_post) of every pair."""
    full = Topology.full(pre.shape[1], post.shape[1])
    return scores_at(score(LayerEvidence(pre, post)), full).reshape(post.shape[1], pre.shape[1]).T


def choose(score, layer, count=60, order="highest"):
    taken = layer.topology
    grow = MostSimilar(score, order)
    return grow.choose(layer.evidence(ACTIVATIONS), taken, count).keys


def with_activations(layer, pre, post):
    return type(layer)(layer.topology, layer.weights, pre, post, layer.batches)


def test_cosine_is_the_magnitude_of_the_cosine():
    """Planted: no absolute value. Half of these activations are negative."""
    layer = kind_layer(0)
    a, b = (np.float64(side) for side in (layer.pre, layer.post))
    want = abs(a.T @ b) / np.linalg.norm(a, axis=0)[:, None] / np.linalg.norm(b, axis=0)
    np.testing.assert_allclose(all_scores(cosine, layer.pre, layer.post), want, atol=4 * EPS)


def test_hebb_is_the_magnitude_of_the_product():
    layer = kind_layer(0)
    want = abs(np.float64(layer.pre).T @ layer.post)
    np.testing.assert_allclose(all_scores(hebb, layer.pre, layer.post), want, atol=64 * EPS)


def test_euclidean_ranks_as_one_over_one_plus_the_distance_does():
    layer = kind_layer(0)
    difference = np.float64(layer.pre)[:, :, None] - layer.post[:, None, :]
    want = 1 / (1 + np.sqrt(np.square(difference).sum(axis=0)))
    got = all_scores(euclidean, layer.pre, layer.post)
    np.testing.assert_array_equal(np.argsort(got, axis=None), np.argsort(want, axis=None))


@pytest.mark.parametrize("score", [cosine, hebb, euclidean])
def test_sparse_samples_score_as_dense_ones(score):
    layer = kind_layer(1)
    layer.pre.setflags(write=True)
    layer.pre[np.abs(layer.pre) < 0.7] = 0
    dense = all_scores(score, layer.pre, layer.post)
    sparse = all_scores(score, frozen_csr(layer.pre), layer.post)
    np.testing.assert_allclose(sparse, dense, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sparse", [False, True])
def test_cosine_does_not_see_the_scale_of_a_neuron(seed, sparse):
    """Powers of two, so that not a bit may differ; squares of these overflow float32."""
    layer = kind_layer(2)
    rng = np.random.default_rng(seed)
    factors = np.ldexp(rng.choice(np.float32([-1, 1]), 50), rng.integers(-100, 100, 50))
    pre, post = layer.pre * factors[:30], layer.post * factors[30:]
    assert pre.dtype == post.dtype == np.float32
    form = frozen_csr if sparse else np.asarray
    np.testing.assert_array_equal(
        all_scores(cosine, form(pre), post), all_scores(cosine, form(layer.pre), layer.post)
    )
    np.testing.assert_array_equal(
        choose(cosine, with_activations(layer, pre, post)), choose(cosine, layer)
    )


@pytest.mark.parametrize("score", [hebb, euclidean])
def test_the_other_scores_see_the_scale_of_a_neuron(score):
    layer = kind_layer(2)
    louder = layer.pre.copy()
    louder[:, 0] *= 8
    scaled = with_activations(layer, louder, layer.post)
    assert not np.array_equal(choose(score, scaled), choose(score, layer))


@pytest.mark.parametrize("sparse", [False, True])
def test_a_dead_neuron_is_similar_to_none(sparse):
    layer = kind_layer(3)
    for side in (layer.pre, layer.post):
        side.setflags(write=True)
        side[:, 4] = 0
    scores = all_scores(cosine, frozen_csr(layer.pre) if sparse else layer.pre, layer.post)
    np.testing.assert_array_equal(scores[4], 0)
    np.testing.assert_array_equal(scores[:, 4], 0)
    assert np.count_nonzero(scores) == 29 * 19


def test_zeros_that_a_sparse_matrix_stores_are_dead_too():
    layer = kind_layer(3)
    stored = csr_array(layer.pre)
    stored.data[stored.indices == 4] = 0
    scores = all_scores(cosine, stored, layer.post)
    np.testing.assert_array_equal(scores[4], 0)
    assert np.count_nonzero(scores) == 29 * 20


def test_dead_neurons_are_joined_last_and_lowest_first_joins_them_first():
    layer = kind_layer(4, n_pre=6, n_post=5, count=3)
    layer.pre.setflags(write=True)
    layer.pre[:, 2] = 0
    absent_of_dead = {2, 8, 14, 20, 26} - set(layer.topology.keys.tolist())
    n = len(absent_of_dead)

    joined_last = set(choose(cosine, layer, 27 - n).tolist())
    joined_first = set(choose(cosine, layer, n, order="lowest").tolist())

    assert not joined_last & absent_of_dead
    assert joined_first == absent_of_dead


@pytest.mark.parametrize("score", [cosine, hebb, euclidean])
def test_lowest_first_takes_what_highest_first_leaves(score):
    """Planted: an order that is ignored."""
    layer = kind_layer(5)
    n_absent = layer.topology.n_places - layer.topology.n_connections
    highest = choose(score, layer, 100)
    lowest = choose(score, layer, n_absent - 100, order="lowest")
    assert len(np.union1d(highest, lowest)) == n_absent


def test_euclidean_ranks_identical_neurons_first():
    layer = kind_layer(6)
    twins = layer.pre[:, :20].copy()
    identical = with_activations(layer, layer.pre, twins)
    absent = np.setdiff1d(np.arange(20) * 30 + np.arange(20), layer.topology.keys)
    np.testing.assert_array_equal(choose(euclidean, identical, len(absent)), absent)


@pytest.mark.parametrize("score", [cosine, hebb, euclidean])
def test_relabelling_the_neurons_relabels_the_choice(score):
    layer = kind_layer(7)
    rng = np.random.default_rng(0)
    new_pre, new_post = rng.permutation(30), rng.permutation(20)  # new label of each neuron

    def relabelled(keys):
        return np.sort(new_post[keys // 30] * 30 + new_pre[keys % 30])

    other = type(layer)(
        Topology.from_keys(30, 20, relabelled(layer.topology.keys)),
        layer.weights,
        np.ascontiguousarray(layer.pre[:, np.argsort(new_pre)]),
        np.ascontiguousarray(layer.post[:, np.argsort(new_post)]),
        layer.batches,
    )
    np.testing.assert_array_equal(choose(score, other), relabelled(choose(score, layer)))


@pytest.mark.parametrize("score", [cosine, hebb])
def test_equal_scores_go_to_the_lower_key(score):
    """All pairs alike, in a layer of many blocks; planted: an unstable selection."""
    rng = np.random.default_rng(8)
    taken = topology(rng, 700, 600, 5000)
    pre, post = np.ones((1, 700), np.float32), np.ones((1, 600), np.float32)
    post[:, ::2] = -1
    layer = type(kind_layer(0))(taken, np.ones(5000, np.float32), pre, post, ())
    absent = np.setdiff1d(np.arange(420_000), taken.keys)
    np.testing.assert_array_equal(choose(score, layer, 30_000), absent[:30_000])


def test_scores_of_connections_do_not_depend_on_the_block():
    """More connections times rows than one block holds; each sum is its own."""
    rng = np.random.default_rng(9)
    layer = kind_layer(9, n_pre=300, n_post=200, count=30_000, n_rows=100)
    form = cosine(LayerEvidence(layer.pre, layer.post))
    picked = np.sort(rng.choice(30_000, 50, replace=False))
    few = Topology.from_keys(300, 200, layer.topology.keys[picked])
    np.testing.assert_array_equal(scores_at(form, layer.topology)[picked], scores_at(form, few))


def test_a_score_of_activations_and_error_signals_costs_two_lines():
    """Both sides, of the same rows."""

    @reads("pre", "post", "error")
    def error_of_active(evidence):
        return BilinearForm(evidence.pre, evidence.post * evidence.error)

    layer = kind_layer(10)
    grow = MostSimilar(error_of_active)
    (needs,) = grow.needs(EARLY).values()
    assert needs == {"pre", "post", "error"}
    error = layer.batches[0][1]
    want = abs(np.float64(layer.pre).T @ (layer.post * error)).T.ravel()
    absent = np.setdiff1d(np.arange(600), layer.topology.keys)
    keys = grow.choose(layer.evidence(grow.needs(EARLY)), layer.topology, 50).keys
    np.testing.assert_array_equal(keys, np.sort(absent[np.argsort(-want[absent])[:50]]))


def test_a_score_says_what_it_reads():
    assert cosine.reads == hebb.reads == euclidean.reads == {"pre", "post"}
    assert gradient.reads == {"pre", "error"}
    with pytest.raises(InvalidParameterError, match=r"must declare what it reads, got .* @reads"):
        MostSimilar(lambda _: None).needs(EARLY)


@pytest.mark.parametrize("part", ["pre", "post", "error"])
def test_what_was_not_asked_for_cannot_be_read(part):
    with pytest.raises(InvalidParameterError, match=f"must hold '{part}' to be read, got none"):
        getattr(LayerEvidence(), part)
