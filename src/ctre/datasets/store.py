"""Keep decoded data sets as NPZ files, and prove that what was decoded is what was meant."""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.whole_file import whole_file
from ctre.errors import DatasetError

Arrays: TypeAlias = dict[str, NDArray[Any]]
"""Arrays of one data set by name: ``X_train``, ``y_train``, … or ``X``, ``y``."""

ArraySpecs: TypeAlias = Mapping[str, tuple[tuple[int, ...], str]]
"""Shape and dtype of each array that a file must hold."""

DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, KeyError)
"""What reading a damaged NPZ file can raise."""


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write a compressed NPZ file, whole or not at all."""
    with whole_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path, specs: ArraySpecs) -> Arrays:
    """Read the arrays of a catalogued data set.

    Parameters
    ----------
    path : Path
        An NPZ file. What it holds beside ``specs`` is not read.
    specs : mapping of str to (shape, dtype)
        What it must hold.

    Raises
    ------
    DatasetError
        If the file is not a whole NPZ file, or an array is missing, or has another shape or dtype.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in specs if name not in archive.files]
            if missing:
                raise DatasetError(
                    f"{path} must hold the arrays {', '.join(specs)}; {', '.join(missing)} is "
                    f"missing. Remove the file to have it downloaded again."
                )
            arrays = {name: archive[name] for name in specs}
    except DatasetError:
        raise
    except DAMAGED as error:
        raise DatasetError(
            f"{path} is not a whole NPZ file ({error}). Remove it to have it downloaded again."
        ) from error
    for name, (shape, dtype) in specs.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != dtype:
            raise DatasetError(
                f"{name} in {path} must be {dtype} of shape {shape}, got {array.dtype} of shape "
                f"{array.shape}. Remove the file to have it downloaded again."
            )
    return arrays


def content_digest(arrays: Arrays, names: Iterable[str], *, any_order: bool = False) -> str:
    """Return the SHA-256 of the content of some arrays, whatever file format they came in.

    Parameters
    ----------
    arrays : dict of str to array
        Arrays with one row per sample.
    names : iterable of str
        Those that count, in this order.
    any_order : bool, default=False
        Whether two orders of the same rows are the same content.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    chosen = [np.ascontiguousarray(arrays[name]) for name in names]
    if any_order:
        order = np.lexsort(np.hstack([a.reshape(len(a), -1) for a in chosen]).T)
        chosen = [np.ascontiguousarray(a[order]) for a in chosen]
    digest = hashlib.sha256()
    for array in chosen:
        array = array + array.dtype.type(0)  # -0.0 and 0.0 are one number
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{little.dtype.str}{little.shape}".encode())
        digest.update(little.data)
    return digest.hexdigest()
