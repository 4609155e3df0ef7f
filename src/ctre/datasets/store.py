"""Keep decoded data sets as NPZ files, and prove that what was decoded is what was meant."""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.source import Source
from ctre.errors import DatasetError, InvalidDataError
from ctre.whole_file import whole_file

Arrays: TypeAlias = dict[str, NDArray[Any]]
"""Arrays of one data set by name: ``X_train``, ``y_train``, … or ``X``, ``y``."""

ArraySpecs: TypeAlias = Mapping[str, tuple[tuple[int, ...], str]]
"""Shape and dtype of each array that a file must hold."""

_REMEDY = "Remove the file to have it downloaded again."
DAMAGED = (  # what reading a zip file that is cut off or has wrong bytes has been seen to raise
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    RuntimeError,
)


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write a compressed NPZ file, whole or not at all."""
    with whole_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_npz_arrays(source: Source | Path, names: Collection[str] | None = None) -> Arrays:
    """Read those arrays of an NPZ file that are among ``names``, or all.

    Raises
    ------
    DatasetError
        If it is not a whole NPZ file.
    InvalidDataError
        If an array in it could only be read by running a pickle.
    """
    if isinstance(source, Path):
        source = Source(str(source), source)
    arrays = {}
    try:
        with source.raw() as file:
            if not zipfile.is_zipfile(file):
                raise zipfile.BadZipFile("it does not end as a zip file does")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                for name in archive.files:
                    if names is None or name in names:
                        arrays[name] = _read_array(archive, name, source)
    except DAMAGED as error:
        if isinstance(error, InvalidDataError):
            raise
        raise DatasetError(f"{source} is not a whole NPZ file: {error}.") from error
    return arrays


def _read_array(archive: Any, name: str, source: Source) -> NDArray[Any]:
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise InvalidDataError(
            f"{name} in {source} holds Python objects, which only a pickle could read, and a "
            f"pickle can run anything. Save it as text or numbers, {name}.astype(str) for instance."
        ) from error


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
        arrays = read_npz_arrays(path, specs)
    except (DatasetError, InvalidDataError) as error:
        raise DatasetError(f"{error} {_REMEDY}") from error
    for name, (shape, dtype) in specs.items():
        array = arrays.get(name)
        if array is None:
            raise DatasetError(f"{path} must hold an array {name}, and does not. {_REMEDY}")
        if array.shape != shape or array.dtype != dtype:
            raise DatasetError(
                f"{name} in {path} must be {dtype} of shape {shape}, got {array.dtype} of shape "
                f"{array.shape}. {_REMEDY}"
            )
    return arrays


def content_digest(arrays: Arrays, names: Iterable[str], *, any_order: bool = False) -> str:
    """Return the SHA-256 of the content of some arrays, whatever file format they came in.

    Layout in memory and the sign of zero do not count; shape and dtype do.

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
    chosen = [np.ascontiguousarray(arrays[name] + arrays[name].dtype.type(0)) for name in names]
    if any_order:
        n_rows = len(chosen[0])
        order = sorted(range(n_rows), key=lambda row: [array[row].tobytes() for array in chosen])
        chosen = [array[order] for array in chosen]
    digest = hashlib.sha256()
    for array in chosen:
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{little.dtype.str}{little.shape}".encode())
        digest.update(little.data)
    return digest.hexdigest()
