"""Training that goes on: partial_fit and warm_start."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from easy_table import X, assert_same_fit, classifier, names, y
from sklearn.base import clone
from test_regressor import SIGNAL, regressor

from ctre import SparseMLPClassifier, load_model, save_model
from ctre.errors import InvalidDataError, InvalidParameterError, TrainingDivergedError
from ctre.training import Callback

CLASSES = ["ant", "bee", "cat"]
CONSTANT = {
    "learning_rate": "constant",
    "drop_fraction_schedule": "constant",
    "validation_fraction": 0.0,
}


def streamed(model, n_calls):
    for _ in range(n_calls):
        model.partial_fit(X, names, CLASSES)
    return model


@pytest.mark.parametrize("method", ["set", "ctre-corr", "ctre-seq", "rigl", "static", "dense"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_passes_over_all_rows_are_epochs_of_a_fit(method, solver):
    """Bit for bit, but for the update after the last one, which a stream may still train.

    Planted: momentum, Adam's steps, generators or stall lost between calls.
    """
    options = {"method": method, "solver": solver, "patience": 2, **CONSTANT}
    options["learning_rate_init"] = 0.005
    whole = classifier(max_iter=6, **options).fit(X, names)
    parts = streamed(classifier(max_iter=6, **options), 6)
    assert_same_fit(whole, parts)
    assert parts.loss_curve_ == whole.loss_curve_
    assert parts.n_iter_ == 6


def test_schedules_stay_where_they_begin():
    """Planted: the schedule of max_iter."""
    model = streamed(classifier(learning_rate="cosine", max_iter=2), 4)
    assert {record.learning_rate for record in model.history_} == {0.05}
    assert {record.drop_fraction for record in model.history_} == {0.2}


class Updates(Callback):
    def __init__(self):
        self.calls = []

    def on_topology_update(self, state, changes):  # noqa: ARG002
        self.calls.append(state.n_epochs_done + 1)


@pytest.mark.parametrize(
    ("interval", "until", "sizes", "updated"),
    [
        (1, 1.0, [100] * 4, [1, 2, 3, 4]),
        (3, 1.0, [100] * 7, [3, 6]),
        (1, 1.0, [100, 50, 50, 30, 30, 30, 30], [1, 3, 7]),
        (2, 1.0, [50, 200, 50], [2, 3]),
        (1, 0.0, [100] * 3, []),
    ],
)
def test_the_topology_evolves_with_the_samples(interval, until, sizes, updated):
    """A pass is what the first call had. Planted: calls counted instead of samples."""
    updates = Updates()
    model = classifier(
        method="set", update_interval=interval, update_until=until, callbacks=[updates]
    )
    for size in sizes:
        model.partial_fit(X[:size], names[:size], CLASSES)
    assert updates.calls == updated
    assert [epoch for epoch, record in enumerate(model.history_, 1) if any(record.n_born)] == (
        updated
    )


def test_a_stream_of_pieces_is_learned():
    model = classifier(learning_rate_init=0.02)
    for epoch in range(20):
        for piece in np.array_split(np.random.default_rng(epoch).permutation(300), 3):
            model.partial_fit(X[piece], names[piece], CLASSES)
    assert model.score(X, names) > 0.9
    assert model.n_connections_ == 360


def test_a_piece_need_not_have_all_classes():
    model = classifier().partial_fit(X[names == "ant"], names[names == "ant"], CLASSES)
    assert model.classes_.tolist() == CLASSES
    assert model.predict_proba(X).shape == (300, 3)
    model.partial_fit(X[names == "cat"], names[names == "cat"])


def test_numbers_are_streamed_in_the_units_of_the_first_piece():
    model = regressor(learning_rate_init=0.02)
    for _ in range(30):
        model.partial_fit(X[:150], 1000 * SIGNAL[:150])
        model.partial_fit(X[150:], 1000 * SIGNAL[150:])
    assert model.score(X, 1000 * SIGNAL) > 0.9
    np.testing.assert_allclose(model.task_.shift, 1000 * SIGNAL[:150].mean())


def test_label_sets_and_columns_of_classes_are_streamed():
    sets = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    model = classifier().partial_fit(X, sets).partial_fit(X, sets)
    assert model.predict(X).shape == (300, 2)
    columns = np.column_stack([names, np.where(sets[:, 0], "r", "l")])
    model = classifier().partial_fit(X[:9], columns[:9], [CLASSES, ["l", "r"]])
    assert [own.tolist() for own in model.classes_] == [CLASSES, ["l", "r"]]


def test_a_stream_goes_on_in_another_process():
    """Planted: the optimizer's memory left out of the pickle."""
    one = streamed(classifier(), 2)
    other = pickle.loads(pickle.dumps(one))
    assert_same_fit(streamed(one, 2), streamed(other, 2))


def test_a_stream_goes_on_after_fit_and_after_a_file(tmp_path):
    model = classifier(max_iter=20, learning_rate_init=0.02).fit(X, names)
    save_model(tmp_path / "model.safetensors", model)
    loaded = load_model(tmp_path / "model.safetensors").estimator
    for other in (model, loaded):
        streamed(other, 2)
        assert other.score(X, names) > 0.9
        assert other.n_iter_ == 2
    assert_same_fit(model, loaded)


def test_fit_after_a_stream_begins_anew():
    model = streamed(classifier(max_iter=3), 2)
    assert_same_fit(model.fit(X, names), classifier(max_iter=3).fit(X, names))
    assert "_continuation" not in vars(model)
    assert not hasattr(clone(model), "network_")


def test_a_call_that_fails_leaves_the_stream_as_it_was():
    model = streamed(classifier(), 2)
    other = streamed(classifier(), 2)
    with pytest.raises(InvalidDataError, match="classes that were trained on, got 'dog'"):
        model.partial_fit(X[:2], ["ant", "dog"])
    model.set_params(learning_rate_init=1e10)
    with pytest.raises(TrainingDivergedError):
        streamed(model, 1)
    model.set_params(learning_rate_init=0.05)
    assert_same_fit(streamed(model, 1), streamed(other, 1))


def test_weights_count_in_a_stream():
    weight = np.repeat([1.0, 0.0], 150)
    assert_same_fit(
        classifier().partial_fit(X, names, CLASSES, weight),
        classifier().partial_fit(X[:150], names[:150], CLASSES),
    )
    table = {"ant": 4}
    product = np.where(names == "ant", 4, 1)
    assert_same_fit(
        classifier(class_weight=table).partial_fit(X, names, CLASSES),
        classifier().partial_fit(X, names, CLASSES, product),
    )
    bees = names != "ant"  # a piece without the class that is weighed
    classifier(class_weight=table).partial_fit(X[bees], names[bees], CLASSES)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"early_stopping": True}, "early_stopping must be False for partial_fit"),
        ({"class_weight": "balanced"}, "class_weight must give numbers for partial_fit"),
        ({"method": "magnitude"}, "method must not prune along the run for partial_fit"),
        ({"batch_size": 0}, "batch_size must be"),
    ],
)
def test_what_a_stream_cannot_do_is_refused(options, words):
    with pytest.raises(InvalidParameterError, match=words):
        classifier(**options).partial_fit(X, names, CLASSES)


def test_the_first_call_names_all_classes():
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        classifier().partial_fit(X, names)
    model = streamed(classifier(), 1)
    with pytest.raises(ValueError, match="classes must be those of the first call"):
        model.partial_fit(X, names, ["ant", "bee"])


def test_another_network_is_refused():
    model = streamed(classifier(), 1).set_params(hidden_layer_sizes=(30, 21))
    with pytest.raises(InvalidParameterError, match=r"hidden_layer_sizes must stay .* \(30, 20\)"):
        streamed(model, 1)


# Warm start


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_warm_start_goes_on_with_memory_and_topology(solver):
    """Two fits of n epochs are one stream of 2 n, less the update between them.

    Planted: momentum, or Adam's count of steps, begun anew.
    """
    options = {"solver": solver, "update_until": 0.0, **CONSTANT, "learning_rate_init": 0.005}
    warm = classifier(max_iter=3, warm_start=True, **options)
    warm.fit(X, names).fit(X, names)
    assert warm.n_iter_ == 3
    assert_same_fit(warm, classifier(max_iter=6, **options).fit(X, names))


def test_a_warm_start_keeps_the_topology_that_has_evolved():
    warm = classifier(max_iter=5, warm_start=True, validation_fraction=0.0).fit(X, names)
    keys = [layer.topology.keys for layer in warm.network_.layers]
    warm.set_params(update_until=0.0).fit(X, names)
    for layer, before in zip(warm.network_.layers, keys, strict=True):
        np.testing.assert_array_equal(layer.topology.keys, before)


def test_a_warm_start_after_a_cold_one_begins_with_its_network():
    model = classifier(max_iter=20, validation_fraction=0.0).fit(X, names)
    loss = model.loss_curve_[-1]
    model.set_params(warm_start=True, max_iter=1, learning_rate_init=1e-4).fit(X, names)
    assert model.loss_curve_[0] == pytest.approx(loss, rel=0.2)


def test_a_warm_start_keeps_scaling_and_classes():
    model = classifier(max_iter=3, warm_start=True, scaling="standard").fit(X, names)
    shift = model.scaling_.shift
    some = names != "cat"
    model.fit(X[some] + 9, names[some])
    np.testing.assert_array_equal(model.scaling_.shift, shift)
    assert model.classes_.tolist() == CLASSES
    with pytest.raises(InvalidDataError, match="trained on, got 'dog'"):
        model.fit(X[:2], ["ant", "dog"])
    with pytest.raises(ValueError, match="X has 5 features, but SparseMLPClassifier is expecting"):
        model.fit(X[:, :5], names)


def test_a_cold_start_keeps_nothing():
    model = classifier(max_iter=3, warm_start=True).fit(X, y)
    model.set_params(warm_start=False)
    assert_same_fit(model.fit(X, y), classifier(max_iter=3).fit(X, y))


def test_another_solver_begins_with_empty_memory():
    model = classifier(max_iter=2, warm_start=True).fit(X, y)
    model.set_params(solver="adam", learning_rate_init=0.001).fit(X, y)
    assert isinstance(model, SparseMLPClassifier)
    assert model.n_iter_ == 2
