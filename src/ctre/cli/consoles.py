"""Where text goes: results to stdout, progress to stderr."""

from __future__ import annotations

import sys

from rich.console import Console

_PIPE_WIDTH = 200  # columns of a table that no terminal limits


def results() -> Console:
    """Print on stdout, and let no table wrap where it is read by another program."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(width=width, highlight=False)


def messages() -> Console:
    """Print on stderr."""
    return Console(stderr=True, highlight=False)
