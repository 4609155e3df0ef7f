"""A store as tables: a row a run, written to CSV, Parquet or MLflow, and read back from CSV.

Beside ``runs.csv`` lie, where they are wanted, ``runs.epochs.csv.gz`` and ``runs.pruning.csv.gz``,
a row an epoch and a row a point. Numbers are written to their last digit and files are the same,
byte for byte, whenever the runs are: they may be kept under version control, and a study goes on
from them on another machine.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, get_type_hints

from ctre.errors import InvalidDataError, MissingExtraError
from ctre.experiments.experiment import Experiment
from ctre.experiments.result import EpochPoint, Made, Outcome, PrunePoint, Result, Seconds
from ctre.experiments.salvage import Whole, merge
from ctre.experiments.settings import differences
from ctre.experiments.store import Store
from ctre.experiments.store_file import RESULT_FIELDS
from ctre.experiments.stored_run import DONE, StoredRun
from ctre.whole_file import whole_files

_KIND = TypeVar("_KIND", bound=NamedTuple)

_LEADING = ("key", "dataset", "method", "seed", "hidden_layer_sizes", "epsilon", "other_settings")
_TRAILING = ("host", "ended", "digest", "points_digest", "experiment")
COLUMNS = (*_LEADING, *RESULT_FIELDS, *_TRAILING)
"""Of the table of runs."""

_READERS: Mapping[Any, Callable[[str], Any]] = MappingProxyType(
    {int: int, float: float, str: str, float | None: lambda text: float(text) if text else None}
)
_POINTS: Mapping[str, type[EpochPoint] | type[PrunePoint]] = MappingProxyType(
    {"epochs": EpochPoint, "pruning": PrunePoint}
)


def rows_of(runs: Iterable[StoredRun]) -> list[dict[str, Any]]:
    """Give a row for each run that is done, sorted by what was done; values as Python has them."""
    rows = []
    for run in runs:
        if run.status != DONE or run.result is None:
            continue
        settings, result = run.experiment.settings, run.result
        others = differences(settings)
        if run.experiment.prune_steps:
            others["prune_steps"] = run.experiment.prune_steps
        values = (
            run.key,
            run.experiment.source.name,
            run.experiment.method,
            run.experiment.seed,
            "-".join(map(str, settings["hidden_layer_sizes"])),
            settings.get("epsilon"),
            " ".join(f"{name}={value}" for name, value in others.items()),
            *result.outcome,
            *result.seconds,
            *result.made,
            run.host,
            run.ended,
            run.digest,
            run.points_digest,
            run.experiment.to_json(),
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return sorted(rows, key=lambda row: (row["dataset"], row["experiment"]))


def write_csv(store: Store, path: Path, *, with_points: bool = False) -> int:
    """Write the done runs of a store to CSV, and their epochs beside it if that is wanted.

    Returns
    -------
    int
        How many runs.

    Raises
    ------
    OSError
        If a file cannot be written; then none is.
    """
    rows = rows_of(store.runs())
    contents = {path: _csv(COLUMNS, (row.values() for row in rows))}
    if with_points:
        results = {row["key"]: store.with_points(row["key"]) for row in rows}
        for name, kind in _POINTS.items():
            points = [
                (key, *point) for key, result in results.items() for point in getattr(result, name)
            ]
            text = _csv(("key", *kind._fields), points)
            contents[_beside(path, name)] = gzip.compress(text, mtime=0)
    with whole_files(list(contents)) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content)
    return len(rows)


def write_parquet(store: Store, path: Path) -> int:
    """Write the done runs of a store to a Parquet file; returns how many.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    OSError
        If the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "studies", "writing Parquet files") from error
    rows = rows_of(store.runs())
    table = pyarrow.table({name: [row[name] for row in rows] for name in COLUMNS})
    content = io.BytesIO()
    parquet.write_table(table, content)
    with whole_files([path]) as (file,):
        file.write(content.getvalue())
    return len(rows)


def read_csv(path: Path) -> Iterator[Whole]:
    """Read runs that `write_csv` wrote, with their epochs where they lie beside.

    Raises
    ------
    InvalidDataError
        If the file holds anything else, or a result that is not as it was written; the message
        names the line.
    OSError
        If it cannot be read.
    """
    points = {name: _read_points(_beside(path, name), kind) for name, kind in _POINTS.items()}
    lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    try:
        _require(tuple(next(lines, ())) == COLUMNS, "its columns are not those of an export.")
        for texts in lines:
            _require(len(texts) == len(COLUMNS), f"it has {len(texts)} values.")
            yield _read_run(dict(zip(COLUMNS, texts, strict=True)), points)
    except (ValueError, csv.Error) as error:
        raise InvalidDataError(f"{path}, line {lines.line_num}: {error}") from error


def _read_run(row: dict[str, str], points: Mapping[str, Mapping[str, list[Any]]]) -> Whole:
    key, experiment = row["key"], Experiment.from_json(row["experiment"])
    result = Result(
        _read(Outcome, [row[name] for name in Outcome._fields]),
        _read(Seconds, [row[f"seconds_{name}"] for name in Seconds._fields]),
        _read(Made, [row[name] for name in Made._fields]),
        tuple(points["epochs"].get(key, ())),
        tuple(points["pruning"].get(key, ())),
    )
    _require(result.digest == row["digest"], "the result is not as it was written.")
    has_points = bool(result.epochs)
    _require(
        not has_points or result.points_digest == row["points_digest"],
        "the epochs are not as they were written.",
    )
    stored = StoredRun(
        key, experiment, DONE, row["host"] or None, None, None, float(row["ended"]), None,
        result, result.digest, row["points_digest"] if has_points else None,
    )  # fmt: skip
    return Whole(stored, result)


def _read_points(path: Path, kind: type[Any]) -> dict[str, list[Any]]:
    if not path.exists():
        return {}
    found: dict[str, list[Any]] = {}
    try:
        text = gzip.decompress(path.read_bytes()).decode()
        lines = csv.reader(io.StringIO(text))
        _require(tuple(next(lines, ())) == ("key", *kind._fields), "its columns are others.")
        for key, *texts in lines:
            found.setdefault(key, []).append(_read(kind, texts))
    except (ValueError, EOFError, gzip.BadGzipFile, csv.Error) as error:
        raise InvalidDataError(f"{path} cannot be read: {error}") from error
    return found


def _read(kind: type[_KIND], texts: Sequence[str]) -> _KIND:
    types = get_type_hints(kind).values()
    _require(len(texts) == len(types), f"it has {len(texts)} values.")
    return kind(*(_READERS[each](text) for each, text in zip(types, texts, strict=True)))


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}.{name}.csv.gz")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


@contextmanager
def open_results(path: Path) -> Iterator[Store]:
    """Open a store to read it, or put the runs of an exported CSV file into one in memory.

    Raises
    ------
    StoreError, InvalidDataError
        If it is neither.
    """
    if path.suffix != ".csv":
        with Store(path, must_exist=True) as store:
            yield store
        return
    with Store() as store:
        merge(store, (), read_csv(path))
        yield store
