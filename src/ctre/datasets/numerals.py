"""Cells of a table: missing, a number however it is written, a date, or text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from ctre._typing import DoubleArray

MISSING = ("", "?", "na", "n/a", "nan", "null", "none")
"""Cells that stand for no value, in lower case."""

MISSING_LABELS = ("", "?", "na", "n/a", "nan", "null")
"""Those that stand for no label: none may well be the name of a class."""

Shape: TypeAlias = Literal["missing", "integer", "number", "boolean", "date", "text"]
Decimal: TypeAlias = Literal[".", ","]

_BOOLEANS = (("false", "true"), ("f", "t"), ("no", "yes"), ("n", "y"))
_MINUS = str.maketrans("\u2212\uff0d\ufe63\u2013", "----", "\u2066\u2069\u200e\u200f")
_SPACES = "\u00a0\u2009\u202f"  # between thousands, and around numbers of spreadsheets
_INTEGER = re.compile(r"[+-]?\d+")
_HEX = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?\d+)?")
_NUMERAL = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<before>[$€£¥₹]?)\s*(?P<sign_within>[+-]?)"
    rf"(?P<body>\d[\d.,'’ {_SPACES}]*|[.,]\d+)(?:[eEdD](?P<exponent>[+-]?\d{{1,3}}))?"
    r"\s*(?P<percent>%?)\s*(?P<after>[$€£¥₹]?)"
)
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp][Mm]|Z|UTC|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4}"
)
_CERTAIN_POINT = re.compile(r"(?<![\d.,])(?:-?0|\d{4,})?\.\d|\d\.(?:\d{1,2}|\d{4,})(?![\d.,])")
Numeral: TypeAlias = "re.Match[str]"


def floats(cells: Sequence[str]) -> DoubleArray | None:
    """Read cells that are all plain numbers (nan included), else give None."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    return None if "_" in "".join(cells) else values  # 1_000 is a number to Python alone


def plain_number(cell: str) -> float | None:
    """Read one cell as `floats` does."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def shape_of(cell: str, is_missing: Callable[[str], bool]) -> Shape:
    """Tell what a cell by itself looks like."""
    cell = cell.strip()
    if is_missing(cell):
        return "missing"
    if _INTEGER.fullmatch(cell):
        return "integer"
    if plain_number(cell) is not None or _HEX.fullmatch(cell) or as_numeral(cell):
        return "number"
    if cell.casefold() in ("true", "false"):
        return "boolean"
    return "date" if is_date(cell) else "text"


def is_date(cell: str) -> bool:
    """Whether a cell is a date as programs write them, with or without a time."""
    return _DATE.fullmatch(cell) is not None


def booleans(cells: Iterable[str]) -> dict[str, float] | None:
    """Tell which of the cells mean 0 and 1, if all are of one pair of words such as TRUE, FALSE."""
    words = {cell: cell.casefold() for cell in cells}
    for pair in _BOOLEANS:
        if words and set(words.values()) <= set(pair):
            return {cell: float(pair.index(word)) for cell, word in words.items()}
    return None


def as_numeral(cell: str) -> Numeral | None:
    """Take a number apart that has other marks than Python knows: 1.234,5 −3 5% $7 1.5D-01."""
    numeral = _NUMERAL.fullmatch(cell.translate(_MINUS).strip(_SPACES))
    if numeral is None or value_of(numeral, ".") is value_of(numeral, ",") is None:
        return None
    return numeral


def marks_of(numeral: Numeral) -> tuple[str, str]:
    """Give its currency and its percent mark, blank if there are none."""
    return numeral["before"] or numeral["after"], numeral["percent"]


def decimal_of(numeral: Numeral) -> Decimal | None:
    """Tell its decimal mark where that is certain: 1.234,5 and 0,5 and 1,5 and not 1,234."""
    body = numeral["body"].rstrip(" ")
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return None
    mark: Decimal = "." if body[last] == "." else ","
    other: Decimal = "," if mark == "." else "."
    if body.count(mark) > 1:
        return other
    before, after = body[:last], body[last + 1 :]
    if other in before:
        return mark
    may_group = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    return None if may_group else mark


def value_of(numeral: Numeral, decimal: Decimal) -> float | None:
    """Give its value, by the decimal mark of its file; None if it is no number by that."""
    whole, point, fraction = numeral["body"].rstrip(" ").partition(decimal)
    digits = re.sub(r"(?<=\d)([^\d])(?=\d{3}(?!\d))", "", whole)
    groups = set(re.sub(r"\d", "", whole))
    is_grouped = re.fullmatch(r"\d{1,3}(?:[^\d]\d{3})*", whole) is not None and len(groups) == 1
    if groups and not is_grouped:
        return None
    if not (digits or fraction) or (fraction and not fraction.isdecimal()):
        return None
    if numeral["sign"] and numeral["sign_within"]:
        return None
    sign = numeral["sign"] or numeral["sign_within"]
    exponent = numeral["exponent"] or "0"
    value = float(f"{sign}{digits or 0}{'.' if point else ''}{fraction}e{exponent}")
    return value / 100 if numeral["percent"] else value


def hexadecimal(cell: str) -> float | None:
    """Read 0x1F and 0x1.8p3."""
    if not _HEX.fullmatch(cell):
        return None
    try:
        return float.fromhex(cell)
    except (ValueError, OverflowError):
        return None


def has_certain_point(text: str) -> bool:
    """Whether a plain number in a text of such can only have its point before a fraction."""
    return _CERTAIN_POINT.search(text) is not None
