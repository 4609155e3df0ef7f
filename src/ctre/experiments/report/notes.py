"""What is known of differences from the paper, as people write it down."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ctre.errors import InvalidDataError
from ctre.experiments.paper_numbers import Place


def read_notes(path: Path) -> list[dict[str, Any]]:
    """Read ``[[note]]`` tables from a TOML file; the first that fits a cell speaks of it.

    Raises
    ------
    InvalidDataError
        If the file holds anything else.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError(f"{path} is no TOML file: {error}.") from error
    notes: list[dict[str, Any]] = tables.get("note", [])
    known = {"says", *Place._fields}
    for note in notes:
        unknown = note.keys() - known
        if unknown or "says" not in note:
            what = f"{min(unknown)!r}" if unknown else "no 'says'"
            raise InvalidDataError(
                f"{path}: a note must hold 'says', and any of {', '.join(Place._fields)}, got "
                f"{what}."
            )
    return notes
