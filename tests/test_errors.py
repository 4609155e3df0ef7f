"""Errors are caught by the built-in class a caller would name, and say the way out."""

from __future__ import annotations

import copy
import pickle

import pytest

from ctre import errors
from ctre.errors import CTREError, MissingExtraError, UnknownNameError

UNKNOWN = UnknownNameError("method", "ctre_sim", {"set", "ctre-sim", "static"})
MISSING = MissingExtraError("matplotlib", "plots", "drawing pictures")


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("InvalidParameterError", ValueError),
        ("InvalidDataError", ValueError),
        ("OtherFitError", ValueError),
        ("UnknownNameError", LookupError),
        ("DatasetError", OSError),
        ("TrainingDivergedError", FloatingPointError),
        ("MissingExtraError", ImportError),
    ],
)
def test_each_error_is_also_a_builtin_one(name, builtin):
    assert issubclass(getattr(errors, name), builtin)
    assert issubclass(getattr(errors, name), CTREError)


def test_every_error_is_in_the_drawing_of_the_module():
    classes = [
        x for x in vars(errors).values() if isinstance(x, type) and x.__module__ == errors.__name__
    ]
    assert len(classes) == 9
    assert all(x.__name__ in errors.__doc__ for x in classes)


def test_an_unknown_name_is_answered_by_the_nearest_and_all_known():
    assert str(UNKNOWN) == (
        "Unknown method 'ctre_sim'. Did you mean 'ctre-sim'? Known: ctre-sim, set, static."
    )


def test_case_does_not_hide_the_nearest_name():
    assert "Did you mean 'set'?" in str(UnknownNameError("method", "SET", ["set", "static"]))


@pytest.mark.parametrize("name", ["zzzzz", None, 3])
def test_nothing_is_suggested_where_nothing_is_near(name):
    error = UnknownNameError("method", name, ["set", "static"])
    assert str(error) == f"Unknown method {name!r}. Known: set, static."


def test_a_missing_extra_is_answered_by_the_command_that_brings_it():
    assert str(MISSING) == (
        'Drawing pictures needs matplotlib, which is not installed: pip install "ctre[plots]"'
    )


@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("error", [UNKNOWN, MISSING], ids=["unknown", "missing"])
def test_an_error_comes_back_from_another_process(error, duplicate):
    again = duplicate(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
