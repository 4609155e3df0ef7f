"""A tree of plain values and arrays as one file: safetensors, so opening it can run no code.

The arrays are called by their place in the tree, as in ``layers.0.weights``. All else is one JSON
object in the metadata, in which ``{"$array": NAME}`` stands for an array; beside it are ``format``,
``format_version``, and ``sha256`` of the whole: a bit that flips is noticed. That somebody forged
the file is not: what is read is handed out as a `Branch`, which believes nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ctre.errors import InvalidDataError, OtherFitError

_ARRAY = "$array"
_UNREADABLE = (
    SafetensorError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    RecursionError,
    AttributeError,  # of types that NumPy does not have
)


class Content(NamedTuple):
    """What is in a file."""

    version: str
    tree: Branch
    arrays: Mapping[str, NDArray[Any]]
    """The same arrays as in the tree, by their names."""


@dataclass(frozen=True)
class TreeFormat:
    """A kind of file.

    Parameters
    ----------
    name : str
        Tells files of this kind from all others.
    noun : str
        What such a file is, as in "model"; the JSON object is called so too.
    version : str
        Of what is written.
    older : tuple of str
        Versions that can be read too; they have no checksum, and their arrays are not in the tree.
    """

    name: str
    noun: str
    version: str
    older: tuple[str, ...] = ()

    def encode(self, tree: Mapping[str, Any]) -> bytes:
        """Give the bytes of a file.

        Parameters
        ----------
        tree : mapping
            Nested mappings, lists, text, numbers, True, False, None, and arrays of numbers.
        """
        arrays: dict[str, NDArray[Any]] = {}
        metadata = {
            "format": self.name,
            "format_version": self.version,
            self.noun: json.dumps(_taken_out(tree, "", arrays)),
        }
        return save(arrays, metadata | {"sha256": _checksum(metadata, arrays)})

    def read(self, path: Path) -> Content:
        """Read a file whole, and see that it is as it was written.

        Raises
        ------
        OSError
            If it cannot be opened.
        InvalidDataError
            If it is damaged, of another kind, or of a later version.
        """
        if not stat.S_ISREG(path.stat().st_mode):
            raise InvalidDataError(f"{str(path)!r} cannot be used as a {self.noun}: it is no file.")
        path.open("rb").close()  # errors of `open` name the file, those of `safe_open` do not
        with self.reading(path), safe_open(path, framework="numpy") as file:
            return self._read(file)

    def reading(self, path: Path) -> _Reading:
        """Let errors of a block, which makes something of what is in a file, name the file."""
        return _Reading(path, self.noun)

    def _read(self, file: Any) -> Content:
        metadata = dict(file.metadata() or {})
        require(metadata.get("format") == self.name, f"it is no {self.noun} that ctre has written.")
        version, readable = metadata.get("format_version"), (*self.older, self.version)
        require(
            version in readable,
            f"it has format version {version!r} where this version of ctre reads "
            f"{' and '.join(map(repr, readable))}. Install the version of ctre that wrote it, or a "
            "later one.",
        )
        arrays = {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
        checksum = metadata.pop("sha256", None)
        if version not in self.older or checksum is not None:
            require(checksum == _checksum(metadata, arrays), "it is damaged: its checksum differs.")
        tree = json.loads(metadata.get(self.noun, ""))
        return Content(str(version), Branch(_put_back(tree, arrays)), arrays)


@dataclass(frozen=True)
class _Reading:
    path: Path
    noun: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, _UNREADABLE) and not isinstance(error, OtherFitError):
            raise InvalidDataError(
                f"{str(self.path)!r} cannot be used as a {self.noun}: {str(error).rstrip('.')}."
            ) from error


class Branch:
    """A part of a tree that came from outside; everything is checked when it is asked for.

    Parameters
    ----------
    values : mapping
        What it holds.
    place : str, default=""
        Where in the tree it is, for messages.

    Raises
    ------
    InvalidDataError
        By every method, if what is asked for is not there or not as it must be.
    """

    def __init__(self, values: object, place: str = "") -> None:
        require(isinstance(values, Mapping), f"{place or 'its description'} must be an object.")
        assert isinstance(values, Mapping)
        self.values, self.place = values, place

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def named(self, name: str) -> str:
        """Give the whole name of an entry."""
        return f"{self.place}.{name}" if self.place else name

    def value(self, name: str) -> Any:
        """Give an entry, whatever it is."""
        require(name in self.values, f"{self.named(name)} is missing.")
        return self.values[name]

    def branch(self, name: str) -> Branch:
        """Give an entry that must be an object."""
        return Branch(self.value(name), self.named(name))

    def branches(self, name: str, length: int | None = None) -> list[Branch]:
        """Give the objects of a list, which must have some length."""
        place = self.named(name)
        values = self.sequence(name, length)
        return [Branch(value, f"{place}.{number}") for number, value in enumerate(values)]

    def sequence(self, name: str, length: int | None = None) -> Sequence[Any]:
        """Give an entry that must be a list, of some length; an array will do."""
        value = self.value(name)
        value = value.tolist() if isinstance(value, np.ndarray) else value
        is_fit = isinstance(value, list | tuple) and length in (None, len(value))
        self.require(name, is_fit, "a list" if length is None else f"a list of {length}", value)
        return list(value)

    def array(
        self,
        name: str,
        dtype: DTypeLike | tuple[DTypeLike, ...],
        shape: tuple[int, ...],
        *,
        must_be_finite: bool = True,
    ) -> NDArray[Any]:
        """Copy an array, once its dtype and shape are known to be right."""
        return _checked(self.value(name), self.named(name), dtype, shape, must_be_finite)

    def arrays(
        self,
        name: str,
        length: int,
        dtype: DTypeLike,
        shape: tuple[int, ...],
        *,
        must_be_finite: bool = True,
    ) -> list[NDArray[Any]]:
        """Copy the arrays of a list, which must have some length; as `array` does."""
        place = self.named(name)
        return [
            _checked(value, f"{place}.{number}", dtype, shape, must_be_finite)
            for number, value in enumerate(self.sequence(name, length))
        ]

    def integer(self, name: str, low: int, high: float = math.inf) -> int:
        """Give an entry that must be a whole number of at least ``low``, at most ``high``."""
        value = self.value(name)
        is_fit = type(value) is int and low <= value <= high
        words = f"of at least {low}" if high == math.inf else f"in [{low}, {high}]"
        self.require(name, is_fit, f"an integer {words}", value)
        return int(value)

    def number(self, name: str) -> float:
        """Give an entry that must be a number; infinite ones are."""
        value = self.value(name)
        self.require(name, type(value) in (int, float), "a number", value)
        return float(value)

    def boolean(self, name: str) -> bool:
        """Give an entry that must be true or false."""
        value = self.value(name)
        self.require(name, isinstance(value, bool), "true or false", value)
        return bool(value)

    def text(self, name: str) -> str:
        """Give an entry that must be text."""
        value = self.value(name)
        self.require(name, isinstance(value, str), "text", value)
        return str(value)

    def texts(self, name: str, length: int | None = None) -> list[str]:
        """Give an entry that must be a list of texts, of some length."""
        values = self.sequence(name, length)
        is_fit = all(isinstance(value, str) for value in values)
        self.require(name, is_fit, "a list of text", values)
        return list(values)

    def choice(self, name: str, known: Sequence[str]) -> Any:
        """Give an entry that must be one of some names."""
        value = self.value(name)
        words = f"one of {', '.join(map(repr, known))}"
        self.require(name, isinstance(value, str) and value in known, words, value)
        return value

    def require(self, name: str, holds: bool, words: str, value: object) -> None:
        """Refuse an entry, unless something holds."""
        if not holds:
            raise InvalidDataError(f"{self.named(name)} must be {words}, got {_shown(value)}.")


def require(holds: bool, otherwise: str) -> None:
    """Refuse what was read, unless something holds.

    Raises
    ------
    InvalidDataError
        If it does not.
    """
    if not holds:
        raise InvalidDataError(otherwise)


def _checked(
    value: Any,
    place: str,
    dtype: DTypeLike | tuple[DTypeLike, ...],
    shape: tuple[int, ...],
    must_be_finite: bool,
) -> NDArray[Any]:
    types = [np.dtype(one) for one in (dtype if isinstance(dtype, tuple) else (dtype,))]
    words = f"{' or '.join(map(str, types))} of shape {shape}"
    require(isinstance(value, np.ndarray), f"{place} must be an array, {words}.")
    require(
        value.dtype in types and value.shape == shape,
        f"{place} must be {words}, got {value.dtype} {value.shape}.",
    )
    is_finite = not must_be_finite or value.dtype.kind != "f" or bool(np.isfinite(value).all())
    require(is_finite, f"{place} must be finite.")
    copy: NDArray[Any] = value.copy()
    return copy


def _shown(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 80 else f"{words[:77]}..."


def _taken_out(value: Any, place: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Give a tree as JSON knows it; its arrays go into ``arrays``."""

    def below(name: object, child: Any) -> Any:
        return _taken_out(child, f"{place}.{name}" if place else str(name), arrays)

    if isinstance(value, np.ndarray):
        arrays[place] = np.ascontiguousarray(value)
        return {_ARRAY: place}
    if isinstance(value, Mapping):
        return {name: below(name, child) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [below(number, child) for number, child in enumerate(value)]
    return value.item() if isinstance(value, np.generic) else value


def _put_back(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, dict) and _ARRAY in value:
        name = value[_ARRAY]
        require(isinstance(name, str) and name in arrays, f"the array {_shown(name)} is missing.")
        return arrays[name]
    if isinstance(value, dict):
        return {name: _put_back(child, arrays) for name, child in value.items()}
    if isinstance(value, list):
        return [_put_back(child, arrays) for child in value]
    return value


def _checksum(metadata: Mapping[str, str], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Compute SHA-256 over all texts, and names, types, shapes and bytes of all arrays."""
    checksum = hashlib.sha256(json.dumps(sorted(metadata.items())).encode())
    for name in sorted(arrays):
        array = arrays[name]
        checksum.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        checksum.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return checksum.hexdigest()
