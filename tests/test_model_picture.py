"""The picture of a model: what is drawn is what it has."""

from __future__ import annotations

import numpy as np
import pytest

from ctre import SparseMLPClassifier, SparseMLPRegressor
from ctre.figure_style import as_image
from ctre.model_picture import draw_model, neuron_degrees
from ctre.pictures import draw_run

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))


def fitted(n_features=5, hidden=(7, 6), **options):
    rows = rng.normal(size=(60, n_features))
    model = SparseMLPClassifier(hidden, epsilon=1, max_iter=2, random_state=0, **options)
    return model.fit(rows, np.arange(60) % 2)


def drawn(model, **options):
    return draw_model(model.network_, model.feature_importances_, **options)


def labels_of(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_inputs_come_by_their_importance():
    model = fitted()
    model.network_.layers[0].weights[:] = 1  # importance is the number of connections
    degrees = model.network_.layers[0].topology.out_degrees
    inputs = drawn(model, feature_names=list("abcde")).axes[0]
    widths = [bar.get_width() for bar in inputs.patches]
    order = np.argsort(-degrees, kind="stable")[: np.count_nonzero(degrees)]
    np.testing.assert_allclose(widths, 100 * degrees[order] / degrees.sum())
    assert labels_of(inputs) == [list("abcde")[column] for column in order]


def test_of_many_inputs_the_first_thirty_are_drawn():
    figure = drawn(fitted(n_features=200))
    inputs = figure.axes[0]
    assert len(inputs.patches) == 30
    assert inputs.get_title(loc="left").startswith(
        "Importance (%) of the inputs (from 0), the first 30 of "
    )


def test_layers_and_neurons_are_counted():
    model = fitted()
    layers = drawn(model).axes[1]
    n = len(model.network_.layers)
    assert [bar.get_width() for bar in layers.patches[:n]] == [35, 42, 12]
    assert [bar.get_width() for bar in layers.patches[n:]] == list(model.network_.n_connections)
    degrees = neuron_degrees(model.network_)
    assert [len(of_layer) for of_layer in degrees] == [5, 7, 6, 2]
    dense = [(matrix.toarray() != 0) for matrix in model.coefs_]
    np.testing.assert_array_equal(degrees[1], dense[0].sum(axis=0) + dense[1].sum(axis=1))


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
@pytest.mark.parametrize("hidden", [(), (3,), (4, 4, 4, 4, 4, 4, 4)])
def test_every_shape_can_be_drawn(kind, hidden):
    data = as_image(drawn(fitted(hidden=hidden), title="a title"), kind)
    assert {"png": b"PNG", "svg": b"<svg", "pdf": b"%PDF"}[kind] in data[:2000]


def test_a_network_whose_weights_are_all_zero():
    model = fitted()
    model.network_.layers[0].weights[:] = 0
    as_image(drawn(model), "png")


@pytest.mark.parametrize("name", ["a $x_{ $", "U$ and U$", "two\nlines\x07", r"\$ $\alpha$"])
def test_names_are_drawn_as_they_are(name):
    """Planted mistake: what is between two dollars is read as a formula, and is none."""
    model = SparseMLPRegressor((4,), max_iter=1, density=1, epsilon=None).fit(X, X[:, 0])
    names = [name, *"bcde"]
    figure = drawn(model, title=name, feature_names=names)
    as_image(figure, "png")
    degrees = model.network_.layers[0].topology.out_degrees
    history = fitted(validation_fraction=0.2).history_
    as_image(draw_run(history, degrees, title=name, feature_names=names), "png")
