"""What the paper reports: every number of its Tables 2 and 4 to 10.

Table 3 says for each cell of Table 2 whether two methods differ; the text that the numbers were
typed in from does not have it.

References
----------
.. [1] Atashgahi et al., "A Brain-inspired Algorithm for Training Highly Sparse Neural Networks",
   Machine Learning 111, 2022.
"""

from __future__ import annotations

import csv
import importlib.resources
import io
from functools import cache
from typing import NamedTuple


class Place(NamedTuple):
    """A cell of a table."""

    table: int
    dataset: str
    size: int
    """Neurons of each of the three hidden layers."""
    epsilon: float | None
    """None for the dense network."""
    method: str
    variant: str = ""
    """What differs from the settings of Table 2, as in ``weight_init=normal``."""


class Reported(NamedTuple):
    """What stands there, in percent."""

    mean: float
    """Test accuracy; in Table 6 the training delay."""
    std: float | None
    """Over 15 seeds in Table 2, over three in the others; Table 6 has none."""


@cache
def paper_numbers() -> dict[Place, Reported | None]:
    """Read all of them; None where the paper leaves a cell of Table 6 empty."""
    text = (importlib.resources.files(__package__) / "paper_numbers.csv").read_text()
    numbers: dict[Place, Reported | None] = {}
    for row in csv.DictReader(io.StringIO(text)):
        place = Place(
            int(row["table"]),
            row["dataset"],
            int(row["size"]),
            float(row["epsilon"]) if row["epsilon"] else None,
            row["method"],
            row["variant"],
        )
        std = float(row["std"]) if row["std"] else None
        numbers[place] = Reported(float(row["mean"]), std) if row["mean"] else None
    return numbers
