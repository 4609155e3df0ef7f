"""Every parameter: what it may not be, and what is said then."""

from __future__ import annotations

import ast
import inspect
import re

import numpy as np
import pytest
from easy_table import X, classifier, y
from sklearn.model_selection import KFold

from ctre import SparseMLPClassifier
from ctre.errors import InvalidParameterError, UnknownNameError
from ctre.estimators.parameters import DEFAULTS as TABLE
from ctre.estimators.parameters import PARAMETERS
from ctre.methods import RECIPES, SCHEDULES, settings_of
from ctre.network import WEIGHT_INITS
from ctre.training import Callback
from ctre.vocabulary import SCHEDULE_NAMES, WEIGHT_INIT_NAMES

DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(SparseMLPClassifier).parameters.items()
}
RULES = {line.name: line.rule for line in PARAMETERS if line.rule is not None}
NEITHER_NUMBER_NOR_NAME = [object(), {}, lambda: None]

BAD = {
    "hidden_layer_sizes": [
        0,
        -1,
        2.0,
        (3, 0),
        (3, 2.5),
        "100",
        None,
        True,
        range(3),
        np.array([3, 0]),
        np.ones(2),
        np.ones((2, 2), int),
    ],
    "epsilon": [0, -1, np.nan, np.inf, "1", True],
    "density": [0, -0.1, 1.01, np.nan, "1"],
    "activation": ["ReLU", "", None, ["relu"]],
    "solver": ["lbfgs", "SGD", None],
    "alpha": [-1e-9, np.nan, np.inf, "0", None, False],
    "input_dropout": [-0.1, 1, 1.5, np.nan, "0.1", None, True],
    "batch_size": [0, -1, 10.0, "Auto", None, True],
    "learning_rate": ["adaptive", 0.1, None],
    "learning_rate_init": [0, -0.1, np.nan, np.inf, None, "0.1"],
    "momentum": [-0.1, 1, 1.5, np.nan, None],
    "nesterovs_momentum": [0, 1, "yes", None],
    "beta_1": [-0.1, 1, np.nan],
    "beta_2": [-0.1, 1, np.nan],
    "max_iter": [0, -1, 1.5, np.inf, None],
    "drop_fraction": [-0.1, 1.3, np.nan, None, True],
    "drop_fraction_schedule": ["none", 0.5, None],
    "update_interval": [0, -1, 1.0, None],
    "update_until": [-0.1, 1.1, np.nan, None],
    "patience": [0, -1, 2.5, None],
    "similarity_samples": [0, -1, 0.0, 1.0, 1.5, np.nan, "all", True],
    "similarity_candidates": [0, -1, 0.5, 2.0, np.nan, "all", True],
    "weight_init": ["he", None],
    "scaling": ["minimax", None, 1],
    "validation_fraction": [-0.1, 1, 1.5, np.nan, "0.1"],
    "validation_split": [3, "kfold", 0.1, np.arange(3)],
    "early_stopping": [0, 1, "yes", None],
    "n_iter_no_change": [0, -1, 2.5, -np.inf, np.nan, None],
    "tol": [-1e-9, np.nan, np.inf, "0", True],
    "warm_start": [0, 1, "yes", None],
    "random_state": [-1, 1.5, "seed", np.random.default_rng(0), True],
    "n_threads": [0, -1, 1.0, "all", True],
    "callbacks": [None, Callback(), [print], (Callback,), "abc"],
    "verbose": [-1, 0.5, "yes", None],
    "class_weight": ["even", 1.0, {0: -1}, {0: "1"}, [1.0, 2.0, 1.0], (0, 1)],
}


def test_every_parameter_has_a_rule_but_the_method_which_has_a_table():
    assert list(TABLE) == list(DEFAULTS)
    assert set(RULES) == set(DEFAULTS) - {"method"}
    assert set(BAD) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_the_default_keeps_its_rule(name):
    assert RULES[name].holds(DEFAULTS[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in RULES for value in [*BAD[name], *NEITHER_NUMBER_NOR_NAME]],
)
def test_a_bad_value_is_refused_by_name_with_what_it_must_be(name, value):
    model = classifier(**{name: value} | ({"epsilon": None} if name == "density" else {}))
    with pytest.raises(InvalidParameterError) as caught:
        model.fit(X, y)
    assert str(caught.value) == f"{name} must be {RULES[name].words}, got {value!r}."
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("drop_fraction", "a number in [0, 1]"),
        ("density", "a number in (0, 1], or None"),
        ("batch_size", "an integer of at least 1, or 'auto'"),
        ("n_iter_no_change", "an integer of at least 1, or inf"),
        ("solver", "one of 'sgd', 'adam'"),
        ("learning_rate", "one of 'constant', 'cosine', 'linear', 'step'"),
        ("weight_init", "one of 'normal', 'uniform'"),
        ("activation", "one of 'relu', 'leaky_relu', 'tanh', 'logistic', 'identity'"),
    ],
)
def test_what_a_rule_says(name, words):
    assert RULES[name].words == words


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": np.int64(20)},
        {"hidden_layer_sizes": (np.int32(5), 4)},
        {"hidden_layer_sizes": np.int64(5)},
        {"hidden_layer_sizes": np.array([5, 4])},
        {"hidden_layer_sizes": range(5, 3, -1)},
        {"batch_size": "auto"},
        {"nesterovs_momentum": np.bool_(True)},
        {"verbose": np.bool_(False)},
        {"early_stopping": np.bool_(True)},
        {"solver": np.str_("adam")},
        {"n_iter_no_change": np.float64("inf")},
        {"class_weight": {0: np.float32(1), 1: 2}},
        {"epsilon": np.float32(2)},
        {"similarity_samples": np.int64(10)},
        {"similarity_candidates": np.int64(3)},
        {"similarity_samples": np.float64(0.5)},
        {"random_state": np.int64(3)},
        {"random_state": 2**40},
        {"validation_split": KFold(3)},
        {"alpha": 0},
        {"momentum": 0},
        {"drop_fraction": 0},
        {"drop_fraction": 1},
        {"batch_size": 10_000},
        {"max_iter": 1},
        {"n_threads": 2},
        {"callbacks": [Callback()]},
    ],
    ids=lambda options: re.sub(" object at 0x[0-9a-f]+", "", str(options)),
)
def test_a_good_value_of_an_unusual_kind_is_taken(options):
    classifier(**{"max_iter": 2} | options).fit(X, y)


@pytest.mark.parametrize(
    ("epsilon", "density"), [(13, 0.05), (None, None)], ids=["both", "neither"]
)
def test_either_epsilon_or_density(epsilon, density):
    with pytest.raises(InvalidParameterError) as caught:
        classifier(epsilon=epsilon, density=density).fit(X, y)
    assert str(caught.value) == (
        "Give either epsilon or density, and set the other to None "
        f"(got epsilon={epsilon}, density={density})."
    )


def test_an_epsilon_too_small_for_a_layer_is_refused():
    with pytest.raises(InvalidParameterError, match=r"leaves layer 3 \(20 -> 3\) without a con"):
        classifier(epsilon=0.03).fit(X, y)


@pytest.mark.parametrize("method", ["ctre_sim", None, 3])
def test_an_unknown_method_is_refused(method):
    with pytest.raises(UnknownNameError, match=f"Unknown method {method!r}"):
        classifier(method=method).fit(X, y)


def test_parameters_are_checked_in_fit_and_not_before():
    """As scikit-learn wants it: the constructor only remembers."""
    classifier(batch_size=-1).set_params(batch_size=10, max_iter=1).fit(X, y)


def test_the_signature_has_the_defaults_of_the_table():
    assert DEFAULTS == TABLE


def test_the_docstring_says_the_defaults():
    """Every "default=…" of the class, in the order of the signature."""
    told = re.findall(r"^    (\w+(?:, \w+)*) : .*default=(.*)$", SparseMLPClassifier.__doc__, re.M)
    found = {}
    for names, values in told:
        names = names.split(", ")
        values = values.split(", ") if len(names) > 1 else [values]
        found |= dict(zip(names, map(ast.literal_eval, values), strict=True))
    assert found == TABLE


def test_names_the_table_spells_are_those_that_are_known():
    assert set(SCHEDULE_NAMES) == set(SCHEDULES)
    assert set(WEIGHT_INIT_NAMES) == set(WEIGHT_INITS)


def test_every_setting_of_a_method_is_filled_in_by_a_parameter():
    """Planted: a policy with a setting that nobody sets."""
    known = {parameter.setting for parameter in PARAMETERS}
    assert set.union(*(set(settings_of(recipe)) for recipe in RECIPES)) <= known
