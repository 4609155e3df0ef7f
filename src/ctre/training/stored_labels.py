"""Labels in a file: numbers as an array, text as a list."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.errors import InvalidDataError
from ctre.tree_file import Branch, require

_TYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")


def stored_labels(labels: NDArray[Any]) -> dict[str, Any]:
    """Give what a file has to hold.

    Raises
    ------
    InvalidDataError
        If the labels are neither all numbers nor all strings.
    """
    values = labels.tolist()
    is_text = all(isinstance(label, str) for label in values)
    if not is_text and labels.dtype.str[1:] not in _TYPES:
        raise InvalidDataError(
            f"Labels must be all numbers or all strings to be saved, got {values}."
        )
    return {
        "classes": values if is_text else labels,
        "are_objects": is_text and labels.dtype == object,
    }


def restored_labels(stored: Branch, n_classes: int) -> NDArray[Any]:
    """Give the labels again, of the dtype that they had.

    Raises
    ------
    InvalidDataError
        If they are not so many different ones.
    """
    if isinstance(stored.value("classes"), np.ndarray):
        labels = stored.array("classes", _TYPES, (n_classes,))
    else:
        is_object = stored.value("are_objects") is True
        labels = np.array(stored.texts("classes", n_classes), dtype=object if is_object else str)
    require(len(np.unique(labels)) == n_classes, f"{stored.named('classes')} must differ.")
    return labels
