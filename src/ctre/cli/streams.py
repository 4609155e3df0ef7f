"""Output streams that take every letter, whatever their encoding."""

from __future__ import annotations

import codecs
import io
import sys

_HANDLER = "ctre-look-alike"
_LOOK_ALIKE = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "━": "=",
        "─": "-",
        "╸": "-",
        "╺": "-",
        "…": "...",
        "×": "x",
        "±": "+-",
        "→": "->",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "≤": "<=",
        "≥": ">=",
        "²": "2",
        "•": "*",
    }
)


def take_every_letter() -> None:
    r"""Have stdout and stderr write what is not in their encoding as what looks like it.

    What looks like nothing is written as Python writes it, ``\u4e2d``: no letter is lost, and
    none raises an error.
    """
    codecs.register_error(_HANDLER, _write_alike)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors=_HANDLER)


def _write_alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end].translate(_LOOK_ALIKE)
    return lost.encode("ascii", "backslashreplace").decode("ascii"), error.end
