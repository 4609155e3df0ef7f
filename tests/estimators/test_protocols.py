from __future__ import annotations

import inspect

import numpy as np
import pytest
from easy_table import X, y
from sklearn.model_selection import train_test_split

from ctre import DEFAULT_PROTOCOL, PAPER_PROTOCOL, PROTOCOLS, SparseMLPClassifier
from ctre.estimators.inputs import seed_sequence, split_rows
from ctre.methods import get_recipe

signature = inspect.signature(SparseMLPClassifier).parameters


def test_the_default_protocol_is_the_defaults():
    """What is not in it is the network's size, Adam's own, or how to run."""
    own = ("hidden_layer_sizes", "epsilon", "density", "beta_1", "beta_2", "random_state")
    how = ("warm_start", "class_weight", "n_threads", "callbacks", "verbose")
    assert dict(DEFAULT_PROTOCOL) == {
        name: parameter.default for name, parameter in signature.items() if name not in own + how
    }


def test_the_paper_protocol_leaves_only_the_method_open():
    assert set(PAPER_PROTOCOL) == set(DEFAULT_PROTOCOL) - {"method"}


def test_the_settings_of_the_paper():
    expected = {
        "activation": "relu",
        "batch_size": 100,
        "learning_rate": "constant",
        "learning_rate_init": 0.01,
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "alpha": 1e-4,
        "max_iter": 500,
        "drop_fraction": 0.2,
        "drop_fraction_schedule": "constant",
        "update_interval": 1,
        "update_until": 1.0,
        "patience": 40,
        "similarity_samples": None,
        "similarity_candidates": None,
        "weight_init": "uniform",
    }
    assert {name: PAPER_PROTOCOL[name] for name in expected} == expected


def test_the_validation_rows_of_the_paper():
    """As ``train_test_split(test_size=0.1, random_state=42)`` takes them, whatever the seed."""
    train, validation = train_test_split(np.arange(300), test_size=0.1, random_state=42)
    for seed in (0, 1):
        rows = split_rows(
            300, y, None, 0.5, PAPER_PROTOCOL["validation_split"], seed_sequence(seed)
        )
        np.testing.assert_array_equal(rows[0], train)
        np.testing.assert_array_equal(rows[1], validation)


def test_a_protocol_cannot_be_changed():
    for protocol in (*PROTOCOLS.values(), PROTOCOLS):
        with pytest.raises(TypeError, match="does not support item assignment"):
            protocol["max_iter"] = 1


def test_the_protocols_by_name():
    assert dict(PROTOCOLS) == {"default": DEFAULT_PROTOCOL, "paper": PAPER_PROTOCOL}


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_protocol_is_keywords_of_the_estimator(protocol):
    options = {**protocol, "method": "ctre-sim", "max_iter": 2}
    model = SparseMLPClassifier((10,), **options).fit(X, y)
    assert model.n_iter_ == 2
    assert get_recipe("ctre-sim").name == model.method
