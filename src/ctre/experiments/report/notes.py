"""What is known of differences from the paper, as people write it down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctre.errors import InvalidDataError
from ctre.experiments.paper_numbers import Place
from ctre.experiments.toml_file import read_toml


def read_notes(path: Path) -> list[dict[str, Any]]:
    """Read ``[[note]]`` tables from a TOML file; the first that fits a cell speaks of it.

    Raises
    ------
    InvalidDataError
        If the file holds anything else.
    """
    tables = read_toml(path)
    notes: Any = tables.pop("note", [])
    are_tables = isinstance(notes, list) and all(isinstance(note, dict) for note in notes)
    if tables or not are_tables:
        what = f"{min(tables)!r}" if tables else "'note' of another kind"
        raise InvalidDataError(f"{path} must hold [[note]] tables alone, got {what}.")
    known = {"says", *Place._fields}
    for note in notes:
        unknown = note.keys() - known
        if unknown or "says" not in note:
            what = f"{min(unknown)!r}" if unknown else "no 'says'"
            raise InvalidDataError(
                f"{path}: a note must hold 'says', and any of {', '.join(Place._fields)}, got "
                f"{what}."
            )
    return list(notes)
