"""What features and labels are called, in every format alike."""

from __future__ import annotations

from collections.abc import Iterable

FEATURES = ("X", "features", "data", "fea", "inputs")
"""Usual names of a matrix of features, the first is the common one."""

LABELS = ("y", "label", "labels", "target", "targets", "class", "classes", "gnd")
"""Usual names of labels, the first is the common one."""


def usual(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Find the names that are usual, whatever their case; an exact common one stands alone."""
    names = list(names)
    wanted = tuple(known)
    if wanted[0] in names:
        return [wanted[0]]
    upper = wanted[0].upper()
    if upper in names:  # X and Y are MATLAB's way
        return [upper]
    folded = {name.casefold() for name in wanted}
    return [name for name in names if name.casefold() in folded]
