"""Fit between two wide layers and print, as JSON, the peak of memory for each method.

python peak_memory.py WIDTH METHOD...
"""

from __future__ import annotations

import json
import resource
import sys
import tracemalloc

import numpy as np

from ctre import SparseMLPClassifier
from ctre.methods import start

start._BLOCK = 2**16  # so that what SNIP holds at a time is small beside layers that are quick


def resident_peak():
    """Give the largest resident size of this process so far, in bytes; it never falls."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fit(method, width):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((48, 30)).astype(np.float32), np.arange(48) % 3
    SparseMLPClassifier(
        (width, width), method=method, batch_size=4, max_iter=2, random_state=0
    ).fit(X, y)


width, methods = int(sys.argv[1]), sys.argv[2:]
for method in methods:
    fit(method, 50)  # whatever is loaded or allocated once
before = resident_peak()
tracemalloc.start()
traced = {}
for method in methods:
    tracemalloc.reset_peak()
    fit(method, width)
    traced[method] = tracemalloc.get_traced_memory()[1]
print(json.dumps({"traced": traced, "resident": resident_peak() - before}))
