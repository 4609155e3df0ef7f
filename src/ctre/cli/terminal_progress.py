"""Bars that are drawn on a terminal and leave no trace, there or elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn

from ctre.training import Callback


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


class BarCallback(Callback):
    """A callback whose bars are drawn while its ``with`` block lasts."""

    def __init__(self, progress: TerminalProgress) -> None:
        self._progress = progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()
