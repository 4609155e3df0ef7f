"""What an experiment is trained with, written so that it can be compared, stored and read back.

Settings are the estimator's parameters that decide something for the method, and the treatments
of `ctre.experiments.treatments`, as JSON knows them.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn import model_selection
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

from ctre.errors import InvalidParameterError
from ctre.estimators import DEFAULT_PROTOCOL
from ctre.estimators.assembly import names_used_by
from ctre.estimators.parameters import DEFAULTS, PARAMETERS, USED_BY_SOME, Parameters
from ctre.estimators.rules import Number, Or, Sizes
from ctre.experiments.treatments import TREATMENTS
from ctre.methods import get_recipe

_SPLITTER = "splitter"
_DECIDING = tuple(
    parameter for parameter in PARAMETERS if parameter.decides and parameter.name != "random_state"
)

_UNSAID: Mapping[str, Any] = MappingProxyType(
    {
        "activation": "relu",
        "alpha": 1e-4,
        "batch_size": 100,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "density": None,
        "drop_fraction": 0.2,
        "drop_fraction_schedule": "constant",
        "input_dropout": 0.0,
        "learning_rate": "constant",
        "learning_rate_init": 0.01,
        "max_iter": 500,
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "patience": 40,
        "similarity_candidates": None,
        "similarity_samples": None,
        "solver": "sgd",
        "update_interval": 1,
        "update_until": 1.0,
        "validation_fraction": 0.1,
        "validation_split": {
            _SPLITTER: "ShuffleSplit",
            "n_splits": 1,
            "random_state": 42,
            "test_size": 0.1,
            "train_size": None,
        },
        "weight_init": "uniform",
    }
)
"""Values that the key of an experiment passes over: those of the paper, written out for good."""


def settings_of(keywords: Mapping[str, Any], *, keeping: Collection[str] = ()) -> dict[str, Any]:
    """Resolve keywords to everything that decides a training, but for data and seed.

    Parameters
    ----------
    keywords : mapping
        Keywords of the estimator, and treatments by name; what is left out has its default.
    keeping : collection of str
        Parameters that decide something else than the training.

    Returns
    -------
    dict
        Values as JSON knows them, by name. What makes no difference to the method is left out.

    Raises
    ------
    InvalidParameterError, UnknownNameError
        If one cannot be what it is, or cannot be written down.
    """
    treatments = {name: keywords.get(name, TREATMENTS[name].unsaid) for name in TREATMENTS}
    for name, value in treatments.items():
        TREATMENTS[name].check(value)
    chosen = {name: value for name, value in keywords.items() if name not in TREATMENTS}
    unknown = chosen.keys() - {parameter.name for parameter in PARAMETERS}
    if unknown:
        raise InvalidParameterError(
            f"{min(unknown)} is no parameter of the estimator and no treatment; treatments are "
            f"{', '.join(TREATMENTS)}."
        )
    values = {**DEFAULTS, **chosen}
    if not isinstance(values["method"], str):
        raise InvalidParameterError(
            f"method must be a recipe's name, got {values['method']!r}: results are kept under "
            "that name. Add the recipe to ctre/methods/recipes.py."
        )
    Parameters(**values)  # checks
    recipe = get_recipe(values["method"])
    unused = {parameter.name for parameter in USED_BY_SOME} - names_used_by(recipe) - {*keeping}
    settings = {
        parameter.name: _encode(values[parameter.name], parameter.rule)
        for parameter in _DECIDING
        if parameter.name not in unused
    }
    settings |= {
        name: value for name, value in treatments.items() if value != TREATMENTS[name].unsaid
    }
    return dict(sorted(settings.items()))


def keywords_of(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Turn settings back into keywords of the estimator, and treatments by name.

    Raises
    ------
    InvalidParameterError
        If they hold a name that this version does not know.
    """
    treatments = {name: value for name, value in settings.items() if name in TREATMENTS}
    keywords = {name: value for name, value in settings.items() if name not in TREATMENTS}
    unknown = keywords.keys() - DEFAULTS.keys()
    if unknown:
        raise InvalidParameterError(
            f"settings hold {min(unknown)!r}, which this version of ctre does not know."
        )
    for name, value in keywords.items():
        if isinstance(value, list):
            keywords[name] = tuple(value)
        if isinstance(value, dict):
            keywords[name] = _splitter_of(value)
    return keywords, treatments


def told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of the settings what the key of an experiment says.

    A parameter that came later than `_UNSAID` is passed over at its value in the paper's
    protocol, which never moves: so that it may come without changing any key.
    """
    unsaid = {parameter.name: parameter.paper for parameter in _DECIDING} | dict(_UNSAID)
    always = {"hidden_layer_sizes", "method", "epsilon", "scaling"}
    return {
        name: value
        for name, value in settings.items()
        if name in always or name not in unsaid or value != unsaid[name]
    }


def differences(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give what sets an experiment apart from one of a protocol, in the fewest words.

    Method, layers, density and scaling are named anyway. Where the default protocol is nearer than
    the paper's, the first word says so.
    """
    named = {"method", "hidden_layer_sizes", "epsilon", "density", "scaling"}
    from_paper = {name: value for name, value in told(settings).items() if name not in named}
    default = settings_of({**DEFAULT_PROTOCOL, "method": settings["method"]})
    names = {*settings, *default} - named
    absent = object()
    from_default = {
        name: settings.get(name)
        for name in sorted(names)
        if settings.get(name, absent) != default.get(name, absent)
    }
    if len(from_default) + 1 < len(from_paper):
        return {"protocol": "default", **from_default}
    return from_paper


def _encode(value: Any, rule: Any) -> Any:
    if isinstance(value, BaseCrossValidator | BaseShuffleSplit):
        return _described(value)
    if isinstance(value, np.generic):
        value = value.item()
    inner = rule.rule if isinstance(rule, Or) else rule
    if isinstance(inner, Sizes):
        return [int(size) for size in (value if isinstance(value, list | tuple) else (value,))]
    if isinstance(inner, Number) and not isinstance(value, str | None):
        return float(value)
    if isinstance(value, dict | list):
        raise InvalidParameterError(
            f"class_weight must be None or 'balanced' in an experiment, got {value!r}."
        )
    return value


def _described(splitter: BaseCrossValidator | BaseShuffleSplit) -> dict[str, Any]:
    """Write a splitter of scikit-learn down, if it always splits alike."""
    kind = type(splitter)
    parameters = {
        name: getattr(splitter, name, None)
        for name in inspect.signature(kind.__init__).parameters
        if name != "self"
    }
    seed = parameters.get("random_state", 0)
    is_random = "random_state" in parameters and getattr(splitter, "shuffle", True)
    if getattr(model_selection, kind.__name__, None) is not kind or (
        is_random and not isinstance(seed, int)
    ):
        raise InvalidParameterError(
            "validation_split must be a splitter of scikit-learn's own with a whole number as its "
            f"random_state, for an experiment to be repeatable, got {splitter!r}."
        )
    return {_SPLITTER: kind.__name__, **dict(sorted(parameters.items()))}


def _splitter_of(value: Mapping[str, Any]) -> Any:
    parameters = dict(value)
    kind = getattr(model_selection, parameters.pop(_SPLITTER))
    known = inspect.signature(kind.__init__).parameters
    return kind(**{name: part for name, part in parameters.items() if name in known})
