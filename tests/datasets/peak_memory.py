"""Read a table of numbers and print, as JSON, the peak of memory over its float64 size.

python peak_memory.py FILE ROWS COLUMNS
"""

from __future__ import annotations

import json
import resource
import sys
import tracemalloc
from pathlib import Path

import numpy as np

from ctre.datasets import read_file


def resident_peak():
    """Give the largest resident size of this process so far, in bytes; it never falls."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


path, n_rows, n_columns = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
names = ",".join(f"x{place}" for place in range(n_columns)) + ",label\n"
rng = np.random.default_rng(0)


def write(n):
    with path.open("w") as file:
        file.write(names)
        for row in range(n):
            numbers = rng.standard_normal(n_columns)
            file.write(",".join(f"{value:.6f}" for value in numbers) + f",{row % 3}\n")


write(300)
read_file(path)  # whatever is loaded or allocated once
write(n_rows)
before = resident_peak()
read_file(path)
resident = resident_peak() - before
tracemalloc.start()
read_file(path)
traced = tracemalloc.get_traced_memory()[1]
size = 8 * n_rows * n_columns
print(json.dumps({"traced": traced / size, "resident": resident / size}))
