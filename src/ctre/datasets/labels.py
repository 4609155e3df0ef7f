"""Make labels of whatever a file holds: whole numbers, measurements, or text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from decimal import Decimal as DecimalNumber
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.file_format import FileFormat, KnownFile, LabelType
from ctre.datasets.numerals import Decimal, as_numeral, hexadecimal, plain_number, value_of
from ctre.datasets.record import Labels
from ctre.errors import InvalidDataError

# A number as programs print them. What else looks like one is a name: 007, 1_0, 1e5, 0x10.
_CANONICAL = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d{2,3})?")
_LARGEST = 2**63 - 1
_FEW_ROWS = 0.05


def labels_of_text(
    cells: NDArray[Any], where: str, *, kind: LabelType | None = None, decimal: Decimal = "."
) -> Labels:
    """Make labels of cells: numbers if all are written as programs print them, else text.

    Two labels are equal if they are spelled alike, and only then: numbers are made only where that
    keeps different spellings apart.

    Parameters
    ----------
    cells : array of str, shape (n_samples,)
        One label per row.
    where : str
        What to call them in an error.
    kind : {"integer", "number", "text"}, optional
        What they are known to be.
    decimal : {".", ","}
        The decimal mark of the file.

    Returns
    -------
    array of shape (n_samples,)
        int64, float64 or text.

    Raises
    ------
    InvalidDataError
        If ``kind`` says numbers and one is none.
    """
    distinct, places = np.unique(cells.astype(str), return_inverse=True)
    spellings: list[str] = distinct.tolist()
    if kind in ("integer", "number"):
        values = [_number(spelling, decimal) for spelling in spellings]
        wrong = [s for s, value in zip(spellings, values, strict=True) if value is None]
        if wrong:
            raise InvalidDataError(f"{where} must be numbers, got {wrong[0]!r}.")
        return _as_numbers(np.array(values, dtype=np.float64))[places]
    plain = [_with_point(spelling) if decimal == "," else spelling for spelling in spellings]
    if kind == "text" or not all(map(_CANONICAL.fullmatch, plain)):
        return distinct[places]
    numbers = _distinct_numbers(plain)
    if len(set(numbers.tolist())) == len(spellings):
        return numbers[places]
    alike = _same_number(spellings, plain)
    if alike:
        warnings.warn(
            f"{where}: {alike[0]!r} and {alike[1]!r} are the same number and spelled differently; "
            "they are taken for different classes. Spell them alike if they are one.",
            stacklevel=4,
        )
    return distinct[places]


def as_labels(values: NDArray[Any], where: str, kind: LabelType | None = None) -> Labels:
    """Return labels as int64 if all are whole numbers, as float64 if all are numbers, else as text.

    Parameters
    ----------
    values : array of shape (n_samples,) or (n_samples, 1)
        Numbers, text, or MATLAB's cells of text.
    where : str
        What to call them in an error.
    kind : {"integer", "number", "text"}, optional
        What they are known to be, if they come as text.

    Raises
    ------
    InvalidDataError
        If there is not one label per row, or one is missing (NaN) or infinite.
    """
    if values.ndim == 2 and 1 in values.shape:
        values = values.ravel()
    if values.ndim != 1:
        raise InvalidDataError(
            f"{where} must be one label per row, got an array of shape {values.shape}."
        )
    if values.dtype.kind == "O":
        values = np.array([str(np.squeeze(value)) for value in values])
    if values.dtype.kind == "S":
        try:
            values = np.char.decode(values, "utf-8")
        except UnicodeDecodeError:
            values = np.char.decode(values, "latin-1")
    if values.dtype.kind == "U":
        return labels_of_text(np.char.strip(values), where, kind=kind)
    if values.dtype.kind in "bui":
        return _integers(values)
    if values.dtype.kind != "f":
        raise InvalidDataError(f"{where} must be numbers or text, got dtype {values.dtype}.")
    lost = np.flatnonzero(~np.isfinite(values))
    if len(lost):
        raise InvalidDataError(f"{where} has no label in row {lost[0] + 1}, but {values[lost[0]]}.")
    return _as_numbers(values)


def labels_like(labels: Labels, classes: Labels) -> Labels:
    """Give labels the type of a model's classes, so that they can be compared.

    Parameters
    ----------
    labels : array of shape (n_samples,)
        As they were read.
    classes : array of shape (n_classes,)
        Those of the model.

    Returns
    -------
    array of shape (n_samples,)
        Of numbers or text as the classes; text where a label is no number and classes are.
    """
    if classes.dtype.kind in "OUS":
        return np.array([str(label) for label in labels.tolist()], dtype=classes.dtype.kind)
    if labels.dtype.kind in "buif":
        return labels
    numbers = [_number(str(label), ".") for label in labels.tolist()]
    if any(number is None for number in numbers):
        return labels
    return np.array(numbers, dtype=np.float64)


def known_label_type(told: FileFormat, known: KnownFile) -> LabelType | None:
    """Tell what labels have to be: what was told, or text where a model's classes are text.

    Those of a model whose classes are numbers are numbers where they can be (`labels_like`).
    """
    is_text = known.file_format.label_type == "text"
    return told.label_type or ("text" if is_text else None)


def label_type_of(y: Labels) -> LabelType:
    """Tell what labels are."""
    if y.dtype.kind == "i":
        return "integer"
    return "number" if y.dtype.kind == "f" else "text"


def looks_measured(y: Labels) -> bool:
    """Whether most labels occur once, and not in few of the rows: classes would be none."""
    _, counts = np.unique(y, return_counts=True)
    n_once = int((counts == 1).sum())
    is_long_tail = n_once < _FEW_ROWS * len(y)  # rare classes beside large ones
    return len(counts) > 10 and n_once * 2 > len(counts) and not is_long_tail


def require_classes(y: Labels) -> None:
    """Refuse labels that look like measurements or names where classes are to be learned.

    Raises
    ------
    InvalidDataError
        If most of them occur once.
    """
    if looks_measured(y):
        classes, counts = np.unique(y, return_counts=True)
        is_alone = counts == 1
        what = "names" if y.dtype.kind in "OUS" else "a measurement"
        raise InvalidDataError(
            f"{is_alone.sum()} of the {len(classes)} different labels occur once, such as "
            f"{classes[is_alone][0]}: they look like {what}, and no classes. "
            "target='NAME' names another column."
        )


def _number(spelling: str, decimal: Decimal) -> float | None:
    value = plain_number(spelling)
    if value is None:
        value = hexadecimal(spelling)
    if value is None and spelling.casefold() in ("true", "false"):
        return float(spelling.casefold() == "true")
    if value is None or decimal == ",":
        numeral = as_numeral(spelling)
        value = value if numeral is None else value_of(numeral, decimal)
    return value if value is not None and np.isfinite(value) else None


def _with_point(spelling: str) -> str:
    whole, comma, fraction = spelling.partition(",")
    return f"{whole}.{fraction}" if comma else spelling


def _distinct_numbers(spellings: Iterable[str]) -> NDArray[Any]:
    try:
        return np.array([_whole(spelling) for spelling in spellings], dtype=np.int64)
    except ValueError:
        return np.array([float(spelling) for spelling in spellings])


def _whole(spelling: str) -> int:
    """Read an integer, 1.0 and 1e+05 too."""
    try:
        number = int(spelling)
    except ValueError:
        if not float(spelling).is_integer():
            raise
        number = int(float(spelling))
    if abs(number) > _LARGEST:
        raise ValueError(spelling)
    return number


def _same_number(spellings: list[str], plain: list[str]) -> tuple[str, str] | None:
    """Find two spellings of one number; those that only rounding makes one are not the same."""
    seen: dict[DecimalNumber, str] = {}
    for spelling, digits in zip(spellings, plain, strict=True):
        first = seen.setdefault(DecimalNumber(digits), spelling)
        if first != spelling:
            return first, spelling
    return None


def _integers(values: NDArray[Any]) -> Labels:
    if values.dtype.kind == "u" and values.size and int(values.max()) > _LARGEST:
        return np.asarray(values.astype(str))  # different labels never become one
    return np.asarray(values.astype(np.int64))


def _as_numbers(values: NDArray[Any]) -> Labels:
    whole = np.rint(values)
    fits = bool(np.all(np.abs(values) < 2.0**63))
    if fits and np.array_equal(whole, values):
        return np.asarray(whole.astype(np.int64))
    return np.asarray(values.astype(np.float64))
