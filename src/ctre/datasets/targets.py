"""Which column of a table holds the labels."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from ctre.datasets.file_format import KnownFile
from ctre.datasets.names import LABELS
from ctre.datasets.source import Source
from ctre.errors import InvalidParameterError

_FEW_NAMES = 5  # from either end, where labels mostly are


@dataclass(frozen=True)
class TargetFinder:
    """Finds the column of labels among those of a table, or asks for it.

    Parameters
    ----------
    source : Source
        The file.
    known : KnownFile
        What is known of the file that a model was trained on.
    """

    source: Source
    known: KnownFile

    def find(self, names: Sequence[str], target: str | int | None) -> int | None:
        """Find it among names: the one asked for, the one it was, or one with a usual name.

        Raises
        ------
        InvalidParameterError
            If several have one, or there is no such place.
        """
        if target is not None:
            asked = str(target)
            return names.index(asked) if asked in names else self.place_of(target, len(names))
        if self.known.target in names:
            return names.index(str(self.known.target))
        if self.known.features is not None:
            return None
        candidates = [name for name in names if name.casefold() in LABELS]
        if len(candidates) > 1:
            raise InvalidParameterError(
                f"target must say which column of {self.source} holds the labels: "
                f"{' or '.join(candidates)}."
            )
        return names.index(candidates[0]) if candidates else None

    def place_of(self, target: str | int | None, n_columns: int) -> int | None:
        """Turn a place counted from 1, or from the end, into an index; a name has none here.

        Raises
        ------
        InvalidParameterError
            If there is no such place.
        """
        try:
            place = int(target) if target is not None else None
        except ValueError:
            place = None
        if place is None:
            return None
        if not 1 <= abs(place) <= n_columns:
            raise InvalidParameterError(
                f"target must be one of the columns 1 to {n_columns} of {self.source} (or -1, the "
                f"last), got {place}."
            )
        return place - 1 if place > 0 else n_columns + place

    def question(
        self, names: Sequence[str] | None, n_columns: int, target: str | int | None
    ) -> InvalidParameterError:
        """Ask for it."""
        if names is None:
            return InvalidParameterError(
                f"{self.source} has no header, so target must be the place of the column of "
                f"labels, 1 to {n_columns} (or -1, the last)."
            )
        near = difflib.get_close_matches(str(target), names, n=1) if target else ()
        hint = f" Did you mean {near[0]!r}?" if near else ""
        shown, more = names, ""
        if n_columns > 2 * _FEW_NAMES:
            shown = [*names[:_FEW_NAMES], "…", *names[-_FEW_NAMES:]]
            more = f" ({n_columns} in all)"
        got = "" if target is None else f", got {target!r}"
        return InvalidParameterError(
            f"target must be the column of {self.source} that holds the labels{got}.{hint} "
            f"Columns: {', '.join(shown)}{more}."
        )
