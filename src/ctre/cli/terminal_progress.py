"""Bars that are drawn on a terminal and leave no trace, there or elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress, ProgressColumn


class TerminalProgress(Progress):
    """Bars while a ``with`` block lasts; where there is no terminal, nothing at all.

    Parameters
    ----------
    *columns : ProgressColumn
        What a line shows.
    console : rich.console.Console
        Where to draw.
    expand : bool, default=True
        Whether lines are as wide as the terminal.
    """

    def __init__(self, *columns: ProgressColumn, console: Console, expand: bool = True) -> None:
        super().__init__(
            *columns,
            console=console,
            transient=True,
            disable=not console.is_terminal,
            expand=expand,
        )

    def stop(self) -> None:
        """End, but write no blank line where nothing was drawn, as rich 13 does."""
        if not self.disable:
            super().stop()
