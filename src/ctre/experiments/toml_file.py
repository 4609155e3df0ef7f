"""Read a TOML file, or say that it is none."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ctre.errors import InvalidDataError


def read_toml(path: Path) -> dict[str, Any]:
    """Read the tables of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    InvalidDataError
        If it is no TOML file.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError(f"{path} is no TOML file: {error}.") from error
