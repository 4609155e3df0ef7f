"""Fits that were interrupted and gone on with are the fits that were not."""

from __future__ import annotations

import copy
import dataclasses
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from fits import (
    LAST_THIRTY,
    N_EPOCHS,
    X,
    assert_same_network,
    classifier,
    fit,
    what_was_learned,
    y,
)
from hypothesis import given
from hypothesis import strategies as st
from killed_fits import CASES, KILLED_AT, model_of
from scipy.sparse import csr_array
from sklearn.model_selection import ShuffleSplit

import ctre
from ctre import (
    Callback,
    Checkpoint,
    Method,
    MostSimilar,
    Recipe,
    ScoreCurve,
    SmallestMagnitude,
    SparseMLPRegressor,
    StopTraining,
    reads,
)
from ctre.errors import InvalidDataError, InvalidParameterError, OtherFitError
from ctre.methods.citations import CTRE
from ctre.methods.similarity import cosine
from ctre.training.checkpoint import _FORMAT as FORMAT
from ctre.training.origin import described


class Interrupt(Callback):
    """Interrupt a fit in the epoch after so many, before its state is written down."""

    def __init__(self, after=3):
        self.after = after

    def on_epoch_end(self, state):
        if state.n_epochs_done > self.after:
            raise KeyboardInterrupt


def interrupted(folder, *, after=3, every=1, data=(X, y), weights=None, **options):
    """Leave a checkpoint behind."""
    checkpoint = Checkpoint(folder, every=every)
    options = {"method": "ctre-seq", **options}
    with pytest.raises(KeyboardInterrupt):
        classifier(**options, callbacks=[Interrupt(after)]).fit(
            *data, weights, checkpoint=checkpoint
        )
    return checkpoint


def resumed(checkpoint, **options):
    return classifier(**{"method": "ctre-seq", **options}).fit(X, y, checkpoint=checkpoint)


def assert_same_fit(one, other):
    assert_same_network(one, other)
    assert what_was_learned(one.history_) == what_was_learned(other.history_)
    assert one.best_epoch_ == other.best_epoch_


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder of checkpoints whose processes were killed."""
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    folder = tmp_path_factory.mktemp("killed")
    script = Path(__file__).with_name("killed_fits.py")
    path = os.pathsep.join([str(Path(ctre.__file__).parents[1]), str(script.parent)])
    subprocess.run(
        [sys.executable, str(script), str(folder)],
        check=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": path},
    )
    return folder


@pytest.mark.parametrize("case", CASES)
def test_a_killed_fit_goes_on_bit_for_bit(killed, case):
    """Planted: generators, momentum, steps of Adam, the kept network, the stall left behind."""
    checkpoint = Checkpoint(killed / case)
    assert checkpoint.latest().n_epochs_done == KILLED_AT - 1
    whole, goes_on = model_of(case), model_of(case)
    states = [_remember(whole), _remember(goes_on)]
    whole.fit(X, y)
    assert_same_fit(goes_on.fit(X, y, checkpoint=checkpoint), whole)
    one, other = (_without_seconds(last.state) for last in states)
    assert one == other
    assert goes_on.n_iter_ == N_EPOCHS


class _Last(Callback):
    def on_fit_end(self, state):
        self.state = state.state()


def _remember(model):
    last = _Last()
    model.callbacks = [last]
    return last


def _without_seconds(value):
    """Give a state in a form that ``==`` compares, arrays by their bits."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if not name.startswith("seconds")}
        return {name: _without_seconds(one) for name, one in kept.items()}
    return list(map(_without_seconds, value)) if isinstance(value, list) else value


def test_a_process_killed_while_it_writes_leaves_the_file_before(killed):
    """Planted mistake: what it left is never removed."""
    checkpoint = Checkpoint(killed / "writing")
    assert sorted(name.startswith(".") for name in names_in(checkpoint.folder)) == [0, 0, 1]
    assert checkpoint.latest().n_epochs_done == 3
    model = model_of("ctre-seq sgd").fit(X, y, checkpoint=checkpoint)
    assert_same_fit(model, model_of("ctre-seq sgd").fit(X, y))
    assert names_in(checkpoint.folder) == [
        "checkpoint-000005.safetensors", "checkpoint-000006.safetensors",
    ]  # fmt: skip


def test_a_full_disk_leaves_the_file_before(killed):
    checkpoint = Checkpoint(killed / "full")
    told = (checkpoint.folder / "told").read_text()
    assert told == f"{checkpoint.folder / 'checkpoint-000003.safetensors'}: File too large"
    assert names_in(checkpoint.folder)[:2] == [
        "checkpoint-000001.safetensors", "checkpoint-000002.safetensors",
    ]  # fmt: skip
    model = model_of("ctre-seq sgd").fit(X, y, checkpoint=checkpoint)
    assert_same_fit(model, model_of("ctre-seq sgd").fit(X, y))


def test_a_disk_that_is_full_from_the_first_is_told_before_anything_is_trained(full_disk, tmp_path):
    full_disk("checkpoint-000000.safetensors")
    model = classifier(callbacks=[Interrupt(0)])
    with pytest.raises(OSError, match=r"No space left on device: .*checkpoint-000000"):
        model.fit(X, y, checkpoint=Checkpoint(tmp_path / "here"))
    assert not hasattr(model, "network_")
    assert names_in(tmp_path / "here") == []


@pytest.mark.parametrize("after", [0, 1, 5])
@pytest.mark.parametrize("every", [1, 2, 100])
def test_every_so_many_epochs(tmp_path, after, every):
    checkpoint = interrupted(tmp_path, after=after, every=every)
    done = every * (after // every)
    assert checkpoint.latest().n_epochs_done == done
    saved = [f"checkpoint-{done:06}.safetensors"]
    if done:
        saved.insert(0, f"checkpoint-{done - every:06}.safetensors")
    assert names_in(tmp_path) == saved
    assert_same_fit(resumed(checkpoint), fit("ctre-seq"))
    assert checkpoint.latest().is_done


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "2", None])
def test_every_must_be_a_number_of_epochs(tmp_path, every):
    with pytest.raises(InvalidParameterError, match="every must be an integer of at least 1"):
        Checkpoint(tmp_path, every=every)


def test_again_and_again(tmp_path):
    for after in range(5):
        checkpoint = interrupted(tmp_path, after=after)
    assert_same_fit(resumed(checkpoint), fit("ctre-seq"))


def test_a_fit_with_a_checkpoint_is_the_fit_without(tmp_path):
    assert_same_fit(resumed(Checkpoint(tmp_path / "new" / "folder")), fit("ctre-seq"))


def test_a_finished_fit_gives_the_finished_model(tmp_path):
    checkpoint = Checkpoint(tmp_path, every=4)
    model = resumed(checkpoint)
    files = {path: path.stat().st_mtime_ns for path in checkpoint.files()}
    again = resumed(checkpoint, callbacks=[Interrupt(0)])
    assert_same_fit(again, model)
    assert list(again.history_) == list(model.history_)  # seconds too: nothing was trained
    assert {path: path.stat().st_mtime_ns for path in checkpoint.files()} == files


class Stop(Callback):
    def on_epoch_end(self, state):
        if state.n_epochs_done == 2:
            raise StopTraining


def test_a_fit_that_was_stopped_is_finished(tmp_path):
    """Planted mistake: the state is written before the others were asked, and training goes on."""
    checkpoint = Checkpoint(tmp_path, every=2)
    assert resumed(checkpoint, callbacks=[Stop()]).n_iter_ == 2
    assert checkpoint.latest().is_done
    assert resumed(checkpoint).n_iter_ == 2


def test_a_callback_sees_that_a_fit_goes_on(tmp_path):
    seen = []

    class Look(Callback):
        def on_fit_begin(self, state):
            seen.append(state.n_epochs_done)

    resumed(interrupted(tmp_path), callbacks=[Look()])
    assert seen == [3]


def test_the_number_of_threads_may_be_another(tmp_path):
    checkpoint = interrupted(tmp_path, n_threads=1)
    assert_same_fit(resumed(checkpoint, n_threads=2), fit("ctre-seq"))


def test_a_fit_without_a_seed_goes_on_with_the_one_it_drew(tmp_path):
    checkpoint = interrupted(tmp_path, random_state=None)
    seed = checkpoint.latest().seed.entropy
    model = resumed(checkpoint, random_state=None)
    assert_same_fit(model, fit("ctre-seq", random_state=seed))
    assert seed != interrupted(tmp_path / "other", random_state=None).latest().seed.entropy


def test_a_random_state_gives_the_same_seed_again(tmp_path):
    checkpoint = interrupted(tmp_path, random_state=np.random.RandomState(5))
    model = resumed(checkpoint, random_state=np.random.RandomState(5))
    assert_same_fit(model, fit("ctre-seq", random_state=np.random.RandomState(5)))
    with pytest.raises(OtherFitError, match="random_state must be"):
        resumed(checkpoint, random_state=np.random.RandomState(6))


@pytest.mark.parametrize("kind", ["sparse rows", "weights", "own recipe", "sets", "regression"])
def test_fits_of_all_kinds(tmp_path, kind):
    rows, targets, weights, options = X, y, None, {"validation_split": None}
    if kind == "sparse rows":
        rows = csr_array(np.where(np.abs(X) > 0.5, X, 0))
    elif kind == "weights":
        weights = np.linspace(0, 2, len(y))
    elif kind == "own recipe":
        options["method"] = own_recipe()
    elif kind == "sets":
        targets = (X[:, :4] > 0).astype(int)
    make = classifier
    if kind == "regression":
        make, targets = regressor, X[:, 0] * 1000
    whole = make(**options).fit(rows, targets, weights)
    checkpoint = Checkpoint(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        make(**options, callbacks=[Interrupt()]).fit(rows, targets, weights, checkpoint=checkpoint)
    if kind == "own recipe":
        options["method"] = own_recipe()
    model = make(**options).fit(rows, targets, weights, checkpoint=checkpoint)
    assert_same_fit(model, whole)
    np.testing.assert_array_equal(model.predict(rows), whole.predict(rows))


def test_a_fit_that_ends_early_ends_where_it_would_have(tmp_path):
    """Planted mistake: the epochs without an improvement are counted from 0 again."""
    options = {"early_stopping": True, "n_iter_no_change": 2, "tol": 0.1, "max_iter": 30}
    whole = fit("ctre-seq", **options)
    assert 4 < whole.n_iter_ < 30
    checkpoint = interrupted(tmp_path, after=whole.n_iter_ - 2, **options)
    assert_same_fit(resumed(checkpoint, **options), whole)


def test_validation_rows_that_are_given_belong_to_the_data(tmp_path):
    model = classifier("ctre-seq", callbacks=[Interrupt()], validation_split=None)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y, X_val=X[:20], y_val=y[:20], checkpoint=Checkpoint(tmp_path))
    model = classifier("ctre-seq", validation_split=None)
    with pytest.raises(OtherFitError, match="but the validation rows differ"):
        model.fit(X, y, X_val=X[1:21], y_val=y[1:21], checkpoint=Checkpoint(tmp_path))
    whole = classifier("ctre-seq", validation_split=None).fit(X, y, X_val=X[:20], y_val=y[:20])
    model.fit(X, y, X_val=X[:20], y_val=y[:20], checkpoint=Checkpoint(tmp_path))
    assert_same_fit(model, whole)


def test_a_fit_that_goes_on_from_another_is_another(tmp_path):
    """Planted mistake: the second fit of a warm start is answered with the first one's model."""
    checkpoint = Checkpoint(tmp_path / "first")
    model = classifier("ctre-seq", warm_start=True).fit(X, y, checkpoint=checkpoint)
    with pytest.raises(OtherFitError, match="but the first weights differ"):
        model.fit(X, y, checkpoint=checkpoint)
    second = copy.deepcopy(model).fit(X, y)
    model.callbacks = [Interrupt()]
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y, checkpoint=Checkpoint(tmp_path / "second"))
    model.callbacks = []
    assert_same_fit(model.fit(X, y, checkpoint=Checkpoint(tmp_path / "second")), second)


def regressor(**options):
    given = classifier(**options).get_params() | {"validation_split": None}
    known = SparseMLPRegressor().get_params()
    return SparseMLPRegressor(**{name: value for name, value in given.items() if name in known})


@reads("pre", "post")
def similar(evidence):
    return cosine(evidence)


@reads("pre", "post")
def likewise(evidence):
    return cosine(evidence)


def own_recipe(score=similar):
    return Recipe("mine", "like cosine", Method(SmallestMagnitude(), MostSimilar(score)), CTRE)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("max_iter", 20, "max_iter must be 6, .* got 20. .* to the length it was planned for"),
        ("method", "set", "method must be 'ctre-seq', .* got 'set'"),
        ("hidden_layer_sizes", (20, 16), r"hidden_layer_sizes must be \[20, 15\], .* \[20, 16\]"),
        ("random_state", 1, "random_state must be 0, .* got 1"),
        ("solver", "adam", "solver must be 'sgd', .* got 'adam'"),
        ("momentum", 0.5, "momentum must be 0.9, .* got 0.5"),
        ("epsilon", 3, "epsilon must be 2, .* got 3"),
        ("patience", 3, "patience must be 2, .* got 3"),
        ("similarity_samples", None, "similarity_samples must be 40, .* got None"),
        ("scaling", "minmax", "scaling must be 'none', .* got 'minmax'"),
        ("validation_split", ShuffleSplit(1, random_state=0), "validation_split must be .*Shuffle"),
    ],
)
def test_other_settings_are_refused_by_name(tmp_path, name, value, words):
    checkpoint = interrupted(tmp_path)
    with pytest.raises(OtherFitError, match=words):
        resumed(checkpoint, **{name: value})
    assert_same_fit(resumed(checkpoint), fit("ctre-seq"))  # nothing was lost


def changed(array, place, value):
    array = np.array(array)
    array[place] = value
    return array


WEIGHTS = np.linspace(0.5, 2, len(y))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((changed(X, (3, 4), 9), y, WEIGHTS), "the rows differ"),
        ((changed(X, (129, 0), 9), y, WEIGHTS), "the rows differ"),
        ((X, changed(y, 3, (y[3] + 1) % 3), WEIGHTS), "the targets differ"),
        ((X, np.array(list("abc"))[y], WEIGHTS), "the names or units of the targets differ"),
        ((X, y, changed(WEIGHTS, 7, 1.5)), "the sample weights differ"),
        ((X, y, None), "the sample weights differ"),
        ((csr_array(X), y, WEIGHTS), "the rows differ"),
    ],
)
def test_other_data_are_refused_and_named(tmp_path, data, words):
    checkpoint = interrupted(tmp_path, weights=WEIGHTS)
    with pytest.raises(OtherFitError, match=f"The data must be those of .* but {words}"):
        classifier("ctre-seq").fit(*data, checkpoint=checkpoint)


def test_rows_that_look_alike_once_they_are_scaled_are_others(tmp_path):
    checkpoint = interrupted(tmp_path, scaling="minmax")
    with pytest.raises(OtherFitError, match="the scales of the columns differ"):
        classifier("ctre-seq", scaling="minmax").fit(4 * X, y, checkpoint=checkpoint)


def test_another_score_of_an_own_recipe_is_another_setting(tmp_path):
    checkpoint = interrupted(tmp_path, method=own_recipe())
    with pytest.raises(OtherFitError, match=r"method must be .*similar'.*likewise'"):
        resumed(checkpoint, method=own_recipe(likewise))


@pytest.mark.parametrize("value", [own_recipe(), LAST_THIRTY, ShuffleSplit(1), np.float32(0.5)])
def test_a_description_is_the_same_in_every_process(value):
    """Planted mistake: a repr, which has an address in it."""
    assert " at 0x" not in str(described(value))
    assert described(value) == described(value)
    assert described(value) != described(None)


def test_other_circumstances_are_told(tmp_path, monkeypatch):
    """The result may differ in its last bits then, and no more can be promised."""
    with monkeypatch.context() as other:
        other.setattr("ctre.training.origin.arithmetic", lambda: "native sve")
        checkpoint = interrupted(tmp_path)
    with pytest.warns(UserWarning, match=r"made with kernels native sve \(here .*not bit for bit"):
        assert resumed(checkpoint).n_iter_ == N_EPOCHS


def damage(path):
    data = bytearray(path.read_bytes())
    data[-5] ^= 1  # of a weight
    path.write_bytes(data)


def test_of_a_damaged_file_the_one_before_is_used_and_told(tmp_path):
    checkpoint = interrupted(tmp_path)
    newest, before = checkpoint.files()
    damage(newest)
    with pytest.warns(
        UserWarning, match=f"{newest.name}.*checksum.*{before.name}' is used instead"
    ):
        model = resumed(checkpoint)
    assert_same_fit(model, fit("ctre-seq"))
    assert len(checkpoint.files()) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkpoint.latest().is_done


def test_if_all_are_damaged_nothing_is_trained(tmp_path):
    checkpoint = interrupted(tmp_path)
    for path in checkpoint.files():
        damage(path)
    with pytest.raises(
        InvalidDataError, match=r"000003.*cannot be used as a checkpoint.*remove it"
    ):
        resumed(checkpoint)
    assert len(checkpoint.files()) == 2


def test_a_checkpoint_of_a_later_version(tmp_path):
    checkpoint = interrupted(tmp_path, after=0)
    (file,) = checkpoint.files()
    tree = FORMAT.read(file).tree.values
    file.write_bytes(dataclasses.replace(FORMAT, version="9").encode(tree))
    with pytest.raises(InvalidDataError, match=r"format version '9' where .* reads '1'"):
        resumed(checkpoint)


def test_what_else_is_in_the_folder_is_left_alone(tmp_path):
    for name in ("checkpoint-best.safetensors", "notes.txt", ".notes.txt.part"):
        (tmp_path / name).write_text("mine")
    checkpoint = Checkpoint(tmp_path)
    resumed(checkpoint)
    checkpoint.remove()
    assert names_in(tmp_path) == [".notes.txt.part", "checkpoint-best.safetensors", "notes.txt"]
    assert checkpoint.latest() is None


def test_removed_is_as_if_never_there(tmp_path):
    checkpoint = interrupted(tmp_path / "here")
    checkpoint.remove()
    assert names_in(tmp_path) == []
    checkpoint.remove()
    assert_same_fit(resumed(checkpoint), fit("ctre-seq"))


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "here").write_text("mine")
    with pytest.raises(FileExistsError):
        resumed(Checkpoint(tmp_path / "here"))


def test_what_a_saved_fit_says(tmp_path):
    saved = interrupted(tmp_path, max_iter=9).latest()
    assert repr(saved) == "SavedFit(3 of 9 epochs)"
    assert (saved.n_epochs, saved.n_epochs_done, saved.is_done) == (9, 3, False)
    assert saved.settings["method"] == "ctre-seq"
    assert saved.file.name == "checkpoint-000003.safetensors"


def replaced(place, value):
    def change(array):
        array = array.copy()
        array[place] = value
        return array

    return change


FORGED = {
    "index": ("state.layers.0.indices", replaced(0, 99), r"layers.0.indices must be in \[0, 12\)"),
    "index of the kept": ("state.kept.1.indices", replaced(0, -1), "kept.1.indices must be in"),
    "weights": ("state.layers.1.weights", replaced(0, np.nan), "layers.1.weights must be finite"),
    "dtype": ("state.layers.1.weights", lambda a: a.astype("f8"), "weights must be float32"),
    "short slot": ("state.layers.2.weight_slots", lambda s: [s[0][1:]], "weight_slots.0 must be"),
    "slots": ("state.layers.2.bias_slots", lambda s: s * 2, "bias_slots must be a list of 1"),
    "layers": ("state.layers", lambda layers: layers[:2], "layers must be a list of 3"),
    "sizes": ("state.layer_sizes", lambda s: [*s[:-1], 2**40], "layer sizes differ"),
    "rows": ("state.train_rows", replaced(0, 10**6), "training rows differ"),
    "generator": ("state.generators.batches.state.state", "x", "must be the state of a generator"),
    "generators": ("state.generators", lambda g: {"batches": g["batches"]}, "generators differ"),
    "kind": ("state.generators.rows.bit_generator", "MT19937", "rows must be the state"),
    "steps": ("state.n_steps_done", -1, "n_steps_done must be an integer of at least 0"),
    "best": ("state.best.score", "high", "best.score must be a number"),
    "best sizes": ("state.best.n_connections", [1], "n_connections must be 3 integers"),
    "history": ("state.history.stall", [0], "history.stall must be a list of 3"),
    "stopped": ("state.is_stopped", 1, "is_stopped must be true or false"),
    "seed": ("state.entropy", "x", ""),
    "no state": ("state", np.zeros(2), "state must be an object"),
    "no settings": ("settings", [], "settings must be an object"),
    "no data": ("data", 3, "data must be an object"),
    "no circumstances": ("circumstances", 3, "circumstances must be an object"),
}  # fmt: skip


def put(tree, place, value):
    *path, last = (int(step) if step.isdecimal() else step for step in place.split("."))
    for step in path:
        tree = tree[step]
    tree[last] = value(tree[last]) if callable(value) else value


@pytest.fixture(scope="module")
def saved_tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forged")
    (file, _) = interrupted(folder).files()
    return file.read_bytes()


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_state_is_refused(saved_tree, tmp_path, case):
    """Planted mistake: an index beyond the layer, which a kernel would read at."""
    place, value, words = FORGED[case]
    file = tmp_path / "checkpoint-000003.safetensors"
    file.write_bytes(saved_tree)
    tree = FORMAT.read(file).tree.values
    put(tree, place, value)
    file.write_bytes(FORMAT.encode(tree))
    with pytest.raises(InvalidDataError, match=f"000003.*cannot be used as a checkpoint.*{words}"):
        resumed(Checkpoint(tmp_path))


@given(st.data())
def test_a_changed_file_is_refused_or_is_the_same(saved_tree, tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "checkpoint-000003.safetensors"
    length = data.draw(st.integers(0, len(saved_tree)))
    changes = data.draw(
        st.lists(st.tuples(st.integers(0, len(saved_tree) - 1), st.integers(0, 255)))
    )
    changed = bytearray(saved_tree)
    for place, value in changes:
        changed[place] = value
    cut = bytes(changed[:length]) if data.draw(st.booleans()) else bytes(changed)
    file.write_bytes(cut)
    try:
        content = FORMAT.read(file)
    except InvalidDataError:
        return
    file.write_bytes(saved_tree)
    whole = FORMAT.read(file)
    assert _without_seconds(content.tree.values) == _without_seconds(whole.tree.values)


def test_a_refused_state_changes_nothing(saved_tree, tmp_path):
    """Planted mistake: layers are taken over before the generators are found to be none."""
    file = tmp_path / "checkpoint-000003.safetensors"
    file.write_bytes(saved_tree)
    stored = FORMAT.read(file).tree.values["state"]
    seen = []

    class Look(Callback):
        def on_fit_begin(self, state):
            before = _without_seconds(state.state())
            put(stored, "generators.growth.state", None)
            with pytest.raises(InvalidDataError, match="growth must be the state of a generator"):
                state.restore(stored)
            seen.append(_without_seconds(state.state()) == before)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        classifier("ctre-seq", callbacks=[Look()]).fit(X, y)
    assert seen == [True]


def test_callbacks_get_back_what_they_must_know(tmp_path):
    """Two of a kind each get their own; one that was not there begins where it is."""
    curves, others = [ScoreCurve(X[:20], y[:20]), ScoreCurve(X[20:30], y[20:30])], []
    whole = classifier("ctre-seq", callbacks=curves).fit(X, y)
    for stopped_after in (3, None):
        again = [ScoreCurve(X[:20], y[:20]), ScoreCurve(X[20:30], y[20:30])]
        others = [*again, *([] if stopped_after else [ScoreCurve(X[:20], y[:20])])]
        model = classifier(
            "ctre-seq", callbacks=[*others, *([Interrupt(stopped_after)] if stopped_after else [])]
        )
        with suppress(KeyboardInterrupt):
            model.fit(X, y, checkpoint=Checkpoint(tmp_path))
    assert [curve.losses for curve in others[:2]] == [curve.losses for curve in curves]
    assert [curve.scores for curve in others[:2]] == [curve.scores for curve in curves]
    assert others[0].losses != others[1].losses
    assert others[2].losses == curves[0].losses[3:]
    assert model.score(X[:20], y[:20]) == others[0].scores[whole.best_epoch_ - 1]


@pytest.mark.parametrize("kept", [{"losses": 1}, {"scores": []}])
def test_callbacks_that_get_something_else_say_so(tmp_path, kept):
    class Odd(ScoreCurve):
        def state_dict(self):
            return kept

    checkpoint = Checkpoint(tmp_path)
    for number in range(2):
        model = classifier("ctre-seq", callbacks=[Odd(X, y), *([] if number else [Interrupt(3)])])
        expected = pytest.raises(InvalidDataError if number else KeyboardInterrupt)
        with expected as error:
            model.fit(X, y, checkpoint=checkpoint)
    assert "cannot be used as a checkpoint" in str(error.value)
