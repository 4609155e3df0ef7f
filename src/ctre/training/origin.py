"""What a fit comes from, in words and checksums that are the same in every process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ctre.kernels import arithmetic
from ctre.training.data import LabelledRows, TrainingData
from ctre.training.task import Task

_MOST_SHOWN = 100  # numbers of an array that are written out


def data_fingerprints(
    data: TrainingData, task: Task, about: Mapping[str, object]
) -> dict[str, str]:
    """Give checksums of all that is in the data, by what users call it; O(size of the data)."""
    parts = {
        **_parts("", data.rows),
        **({} if data.given is None else _parts("validation ", data.given)),
        "names or units of the targets": described(task),
        **{name: described(part) for name, part in about.items()},
        "rows to train on": data.train_rows,
        "rows to validate with": data.validation_rows,
    }
    return {name: _checksum(part) for name, part in parts.items()}


def circumstances() -> dict[str, str]:
    """Name what arithmetic and chance hang on beside settings and data."""
    return {"ctre": version("ctre"), "NumPy": np.__version__, "kernels": arithmetic()}


def described(value: Any) -> Any:
    """Say what a setting is in the words of JSON.

    Objects are described by their type and what they are made of, functions by their names.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        is_short = value.size <= _MOST_SHOWN or value.dtype.kind == "O"
        return described(value.tolist()) if is_short else {"sha256": _checksum(value)}
    if isinstance(value, Mapping):
        return {str(name): described(one) for name, one in value.items()}
    if isinstance(value, list | tuple | range):
        return [described(one) for one in value]
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if is_dataclass(value):
        made_of = {entry.name: getattr(value, entry.name) for entry in fields(value)}
    else:
        made_of = getattr(value, "__dict__", {})
    return {"type": type(value).__qualname__, **{str(k): described(v) for k, v in made_of.items()}}


def _parts(kind: str, rows: LabelledRows) -> dict[str, Any]:
    return {
        f"{kind}rows": rows.samples,
        f"{kind}targets": rows.targets,
        f"{kind}sample weights": rows.sample_weight,
    }


def _checksum(value: Any) -> str:
    """Compute SHA-256."""
    checksum = hashlib.sha256()
    for array in _arrays(value):
        checksum.update(json.dumps([array.dtype.str, array.shape]).encode())
        checksum.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return checksum.hexdigest()


def _arrays(value: Any) -> Iterator[Any]:
    if issparse(value):
        yield from (np.array(value.shape), value.indptr, value.indices, value.data)
    elif isinstance(value, np.ndarray):
        yield value
    else:
        yield np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
