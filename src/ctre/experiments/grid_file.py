"""A grid in a TOML file: every list is an axis, and all combinations are experiments.

::

    protocol = "paper"                  # or "default"
    dataset = ["madelon", "mine.csv"]   # catalogued names, or files
    method = ["set", "ctre-seq"]
    epsilon = [1, 5]
    hidden_layer_sizes = [[100, 100], [1000, 1000, 1000]]
    seeds = 3                           # 0, 1, 2; or a list

Keys are the estimator's parameters, the treatments of `ctre.experiments.treatments`, and those
above; ``target``, ``test_fraction`` and ``file_format = {delimiter = ";", ...}`` say how files are
read (see `ctre.datasets.FileFormat`), ``prune_steps`` has networks taken apart. Several
``[[grid]]`` tables share what stands above them. "all" stands for None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from ctre.datasets import CATALOGUE, FileFormat
from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.estimators import PROTOCOLS
from ctre.estimators.parameters import PARAMETERS
from ctre.experiments.data import DataSource, facts_of
from ctre.experiments.experiment import Experiment
from ctre.experiments.toml_file import read_toml
from ctre.experiments.treatments import TREATMENTS

_OWN = ("protocol", "dataset", "seeds", "target", "test_fraction", "file_format", "prune_steps")
_TUNABLE = [
    parameter.name
    for parameter in PARAMETERS
    if parameter.decides and parameter.name not in ("random_state", "validation_split")
]
_NONE = "all"


class _Point(NamedTuple):
    """One combination."""

    source: DataSource
    protocol: str
    seed: int
    prune_steps: int
    keywords: dict[str, Any]


def read_grids(path: Path, data_home: Path | None = None) -> list[Experiment]:
    """Read a file and spell its grids out, in order, seed 0 of everything first.

    Raises
    ------
    InvalidDataError
        If it is no TOML file.
    InvalidParameterError
        If it holds a key or a value that means nothing; the message names the file.
    CTREError
        If the data cannot be loaded.
    """
    tables = read_toml(path)
    shared = {name: value for name, value in tables.items() if name != "grid"}
    try:
        points = [
            point
            for grid in tables.get("grid", [{}])
            for point in _points({**shared, **grid}, path.parent)
        ]
        points.sort(key=lambda point: point.seed)  # stable
        found = [_experiment(point, data_home) for point in points]
    except (InvalidParameterError, UnknownNameError) as error:
        raise InvalidParameterError(f"{path}: {error}") from error
    return list({one.key: one for one in found}.values())


def _points(table: Mapping[str, Any], folder: Path) -> Iterator[_Point]:
    for name in table:
        if name not in (*_OWN, *_TUNABLE, *TREATMENTS):
            raise UnknownNameError("key", name, (*_OWN, *_TUNABLE, *TREATMENTS))
    for name in ("dataset", "method"):
        if name not in table:
            raise InvalidParameterError(f"{name} must be given, as in {name} = [...].")
    seeds = table.get("seeds", 3)
    axes = {"seeds": range(seeds) if isinstance(seeds, int) else seeds}
    axes |= {name: _axis(name, value) for name, value in table.items() if name != "seeds"}
    for values in product(*axes.values()):
        chosen = dict(zip(axes, values, strict=True))
        keywords = {name: value for name, value in chosen.items() if name not in _OWN}
        if "density" in keywords:
            keywords["epsilon"] = None
        if "validation_fraction" in keywords:
            keywords["validation_split"] = None  # which would take precedence
        protocol = chosen.get("protocol", "default")
        if protocol not in PROTOCOLS:
            raise UnknownNameError("protocol", protocol, PROTOCOLS)
        yield _Point(
            _source(str(chosen["dataset"]), chosen, folder),
            protocol,
            int(chosen["seeds"]),
            int(chosen.get("prune_steps", 0)),
            {name: None if value == _NONE else value for name, value in keywords.items()},
        )


def _axis(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    if name == "hidden_layer_sizes" and not any(isinstance(size, list) for size in value):
        return [value]  # one network
    if not value:
        raise InvalidParameterError(f"{name} must hold at least one value, got [].")
    return value


def _source(dataset: str, chosen: Mapping[str, Any], folder: Path) -> DataSource:
    try:
        file_format = FileFormat.from_json(chosen.get("file_format", {}))
    except InvalidDataError as error:
        raise InvalidParameterError(f"file_format: {error}") from error
    if any(record.name == dataset for record in CATALOGUE):
        return DataSource(dataset)  # what is said of files is for the others of the grid
    return DataSource.of_file(
        folder / dataset,
        target=chosen.get("target"),
        test_fraction=chosen.get("test_fraction"),
        file_format=file_format,
    )


def _experiment(point: _Point, data_home: Path | None) -> Experiment:
    facts = facts_of(point.source, data_home)
    scaling = {"scaling": facts.paper_scale} if point.protocol == "paper" else {}
    keywords = {**PROTOCOLS[point.protocol], **scaling, **point.keywords}
    return Experiment.of(facts, keywords, point.seed, prune_steps=point.prune_steps)
