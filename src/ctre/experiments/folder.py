"""The folder of a study: runs that are finished, and what they were made with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.estimators import SparseMLPClassifier
from ctre.estimators.parameters import PARAMETERS
from ctre.experiments.data import StudyData
from ctre.whole_file import whole_file

SETTINGS_FILE = "settings.json"
ROWS_FILE = "rows.csv"

_AXES = ("method", "random_state")  # each row says them itself
_DECIDING = [parameter.name for parameter in PARAMETERS if parameter.decides]


def settings_of(data: StudyData, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Spell out what decides a run, but for method and seed: version, data, all parameters."""
    parameters = SparseMLPClassifier(**keywords).get_params(deep=False)
    return {
        "version": version("ctre"),
        "data": data.name,
        "fingerprint": data.fingerprint,
        **{name: parameters[name] for name in _DECIDING if name not in _AXES},
    }


def claim(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write down what the runs of a folder are made with, or see that it is still the same.

    Parameters
    ----------
    folder : Path
        Exists.
    settings : mapping
        Everything that decides a run and is not written in its row. What JSON does not know
        counts by its ``repr``.

    Raises
    ------
    InvalidParameterError
        If the runs that are there were made with other settings.
    InvalidDataError
        If it is not known what they were made with.
    """
    wanted = json.loads(json.dumps(settings, default=repr))
    path = folder / SETTINGS_FILE
    if not (folder / ROWS_FILE).exists():
        with whole_file(path) as file:
            file.write((json.dumps(wanted, indent=2) + "\n").encode())
        return
    try:
        found = json.loads(path.read_bytes())
        differing = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
    except (FileNotFoundError, ValueError, TypeError, AttributeError) as error:
        raise InvalidDataError(
            f"{path} must say how the runs in {ROWS_FILE} were made: {error} Choose another folder."
        ) from error
    if differing:
        name = differing[0]
        raise InvalidParameterError(
            f"{name} must be {found.get(name)!r}, as it was for the runs in {folder}, got "
            f"{wanted.get(name)!r}. Choose another folder for other settings."
        )
