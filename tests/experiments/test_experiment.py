from __future__ import annotations

import pickle

import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.estimators import DEFAULT_PROTOCOL, PAPER_PROTOCOL
from ctre.experiments.data import DataFacts, DataSource
from ctre.experiments.experiment import Experiment
from ctre.experiments.settings import keywords_of, settings_of

FACTS = DataFacts(DataSource("toy"), "0" * 32, "minmax", 240, 120, 10, 3)
PAPER = {**PAPER_PROTOCOL, "scaling": "minmax", "epsilon": 1, "method": "ctre-sim"}


def key_of(seed=0, prune_steps=0, facts=FACTS, **changes):
    return Experiment.of(facts, {**PAPER, **changes}, seed, prune_steps=prune_steps).key


def test_keys_never_change():
    """Results are kept under them, for years: a new key means that everything is done again."""
    assert key_of() == "b8aaa728629e052d37bf4235a916de0b"
    assert (
        key_of(7, method="set", weight_init="normal", epsilon=13)
        == "5ce8a174a28e3eb68b6410b8bf81bf77"
    )
    assert key_of(prune_steps=100, method="dense") == "77f74b9bafc598432d37ec675c7cb2a4"
    assert (
        key_of(method="ctre-seq", augmentation="flip-shift", max_iter=30)
        == "06a61b19fa52ef5bd6f5ec2b9e13c75a"
    )
    assert Experiment.of(FACTS, DEFAULT_PROTOCOL, 0).key == "cf58b0d9e23de767f8227b7fc82c02ce"


def test_what_decides_is_in_the_key():
    """Planted: a key without the fingerprint, or without the seed."""
    other = FACTS._replace(fingerprint="1" * 32)
    keys = [
        key_of(), key_of(1), key_of(prune_steps=10), key_of(facts=other),
        key_of(epsilon=2), key_of(alpha=0), key_of(similarity_samples=0.5), key_of(max_iter=3),
        key_of(validation_split=KFold(3)), key_of(updates_per_subset=10),
        key_of(hidden_layer_sizes=(10, 10)), key_of(epsilon=None, density=0.5),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)


def test_what_decides_nothing_is_not():
    source = FACTS._replace(source=DataSource("else", file="/there/else.npz"))
    assert key_of(facts=source) == key_of()
    assert key_of(epsilon=1.0, n_threads=3, verbose=1) == key_of()
    assert key_of(hidden_layer_sizes=[1000] * 3) == key_of()
    assert key_of(method="set", similarity_samples=0.5) == key_of(method="set")
    assert key_of(method="dense", epsilon=13) == key_of(method="dense")
    assert key_of(method="set", prune_steps=1, similarity_samples=9) != key_of(
        method="set", prune_steps=1
    )  # the similarity that it is taken apart by


def test_it_can_be_written_read_and_sent():
    one = Experiment.of(FACTS, {**PAPER, "validation_split": KFold(3)}, 5, prune_steps=10)
    for again in (Experiment.from_json(one.to_json()), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert again.key == one.key
    with pytest.raises(InvalidDataError, match="cannot be read"):
        Experiment.from_json("{}")


def test_settings_are_the_keywords_again():
    split = ShuffleSplit(n_splits=1, test_size=0.1, random_state=42)
    keywords, treatments = keywords_of(settings_of({**PAPER, "updates_per_subset": 3}))
    assert treatments == {"updates_per_subset": 3}
    assert repr(keywords.pop("validation_split")) == repr(split)
    used = {name: value for name, value in PAPER.items() if name in keywords}
    assert keywords == {
        **used, "hidden_layer_sizes": (1000,) * 3, "density": None, "beta_1": 0.9, "beta_2": 0.999,
        "class_weight": None, "warm_start": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"method": "st"}, UnknownNameError, "Did you mean 'set'"),
        ({"method": None}, InvalidParameterError, "a recipe's name"),
        ({"epsilon": -1}, InvalidParameterError, "epsilon must be"),
        ({"epsilom": 1}, InvalidParameterError, "epsilom is no parameter"),
        ({"class_weight": {0: 2}}, InvalidParameterError, "None or 'balanced' in an experiment"),
        ({"augmentation": "cutout"}, InvalidParameterError, "'flip-shift', got 'cutout'"),
        ({"updates_per_subset": 0}, InvalidParameterError, "at least 1, got 0"),
        ({"validation_split": ShuffleSplit(1)}, InvalidParameterError, "as its random_state"),
    ],
)
def test_what_cannot_be_is_refused(changes, error, words):
    with pytest.raises(error, match=words):
        settings_of({**PAPER, **changes})
