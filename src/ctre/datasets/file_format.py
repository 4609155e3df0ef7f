"""How a file is written: what its reader was told, and what it found out."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, TypeAlias, get_args

from ctre.errors import InvalidDataError, InvalidParameterError

FormatName: TypeAlias = Literal["csv", "tsv", "parquet", "feather", "npz", "mat", "svmlight"]
LabelType: TypeAlias = Literal["integer", "number", "text"]
Quote: TypeAlias = Literal['"', "'"]
ColumnKind: TypeAlias = Literal["number", "boolean", "date", "text"]

FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)
TABLE_FORMATS: tuple[FormatName, ...] = ("csv", "tsv", "parquet", "feather")
"""Those whose columns may be of any kind."""
BLANKS = " "
"""The delimiter that stands for any run of blanks and tabs."""


def _require_one_of(what: str, value: object, known: tuple[object, ...]) -> None:
    is_known = any(value is one or (value == one and type(value) is type(one)) for one in known)
    if value is not None and not is_known:
        names = ", ".join(map(repr, known))
        raise InvalidParameterError(f"{what} must be one of {names}, got {value!r}.")


def _is_mark(mark: object) -> bool:
    return isinstance(mark, str) and len(mark) == 1 and mark not in '\r\n"' and not mark.isalnum()


def _require_encoding(name: str) -> None:
    try:
        "a".encode(name)  # what is no encoding of text is refused here too
        codecs.lookup(name)
    except (LookupError, ValueError, TypeError) as error:
        raise InvalidParameterError(
            f"encoding must be one that Python knows, such as utf-8, latin-1, cp1252 or utf-16, "
            f"got {name!r}."
        ) from error


@dataclass(frozen=True)
class FileFormat:
    r"""How a file is written. None leaves a thing to be found out.

    What a reader found out in the training file is kept with the model and holds for the rows to
    predict, so that nothing is guessed a second time from rows that may look different.

    Parameters
    ----------
    name : {"csv", "tsv", "parquet", "feather", "npz", "mat", "svmlight"} or None
        What the suffix would tell.
    delimiter : str or None
        The mark between the cells of a row; ``" "`` stands for any run of blanks and tabs.
    quote : {'"', "'"} or None
        The mark around a cell that may hold delimiters.
    decimal : {".", ","} or None
        The mark before the fraction; the other one may group thousands.
    header : bool or None
        Whether the first row of cells has the columns' names.
    encoding : str or None
        As Python names it. UTF-8, and UTF-16 with a byte order mark, need not be told.
    missing : tuple of str or None
        Cells that stand for no value, whatever their case; by default blank, ?, NA, N/A, nan, null
        and none.
    index_base : {0, 1} or None
        What an SVMLight file calls its first column.
    label_type : {"integer", "number", "text"} or None
        What labels are.
    label_place : int or None
        Where the column of labels is, from 1.
    kinds : mapping of str to {"boolean", "date", "text"} or None
        Columns of a table that are no plain numbers, by name, or by place from 1 without names.

    Raises
    ------
    InvalidParameterError
        If a value is none of those.
    """

    name: FormatName | None = None
    delimiter: str | None = None
    quote: Quote | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    index_base: Literal[0, 1] | None = None
    label_type: LabelType | None = None
    label_place: int | None = None
    kinds: Mapping[str, ColumnKind] | None = None

    def __post_init__(self) -> None:
        _require_one_of("format", self.name, FORMAT_NAMES)
        _require_one_of("quote", self.quote, get_args(Quote))
        _require_one_of("decimal", self.decimal, (".", ","))
        _require_one_of("index_base", self.index_base, (0, 1))
        _require_one_of("label_type", self.label_type, get_args(LabelType))
        _require_one_of("header", self.header, (True, False))
        place = self.label_place
        if place is not None and (not isinstance(place, int) or place < 1):
            raise InvalidParameterError(f"label_place must be a place from 1, got {place!r}.")
        mark = self.delimiter
        if mark is not None and not _is_mark(mark):
            raise InvalidParameterError(
                "delimiter must be one character, and no letter, digit or quote, such as ',' ';' "
                f"'|' '\\t', or ' ' for any blanks, got {mark!r}."
            )
        if self.encoding is not None:
            _require_encoding(self.encoding)

    def or_else(self, other: FileFormat) -> FileFormat:
        """Fill in what is None here with what the other one says."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return FileFormat(
            **{
                name: getattr(other, name) if value is None else value
                for name, value in own.items()
            }
        )

    def as_json(self) -> dict[str, Any]:
        """Give what is known as JSON can say it."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Make it of what `as_json` gave.

        Raises
        ------
        InvalidDataError
            If it is anything else.
        """
        try:
            record = dict(content)  # type: ignore[call-overload]
            if record.get("missing") is not None:
                record["missing"] = tuple(map(str, record["missing"]))
            if record.get("kinds") is not None:
                record["kinds"] = dict(record["kinds"])
                for kind in record["kinds"].values():
                    _require_one_of("kind", kind, get_args(ColumnKind))
            return cls(**record)
        except (TypeError, ValueError) as error:
            raise InvalidDataError(
                f"The description of a file's format is none: {error}"
            ) from error


@dataclass(frozen=True)
class KnownFile:
    """What is known of the file that a model was trained on.

    Parameters
    ----------
    features : tuple of str or None
        What the columns were called; None where they had no names.
    target : str or None
        What the column of labels was called. It stands for no place, though it may be a number
        such as ``2020``.
    n_features : int or None
        How many columns there were beside the labels.
    file_format : FileFormat
        How it was written.
    optional : tuple of str
        Columns that it had and the model makes nothing of: there or not, they do not matter.
    """

    features: tuple[str, ...] | None = None
    target: str | None = None
    n_features: int | None = None
    file_format: FileFormat = FileFormat()
    optional: tuple[str, ...] = ()
