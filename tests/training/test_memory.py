"""No sparse method ever holds an array of n_pre * n_post elements.

Between two wide layers such an array would outweigh all the rest together. Python's allocations
are traced for each method; the resident size of the process shows those of native code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ctre.methods import RECIPES, Full, Snip, Stage

STAGES = [Stage(step, 4, stall) for step in (1, 3) for stall in (0, 1000)]
SPARSE = [recipe for recipe in RECIPES if not isinstance(recipe.start, Full)]
RANDOM = [
    recipe.name
    for recipe in SPARSE
    if not isinstance(recipe.start, Snip)
    and (recipe.method is None or not any(recipe.method.needs(stage) for stage in STAGES))
]
GUIDED = [recipe.name for recipe in SPARSE if recipe.name not in RANDOM]


def peaks(width, methods):
    script = Path(__file__).with_name("peak_memory.py")
    done = subprocess.run(
        [sys.executable, script, str(width), *methods], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("width", "methods", "least_array"),
    [
        pytest.param(20_000, RANDOM, 20_000**2 // 8, id="random, against a mask of bits"),
        pytest.param(2_000, GUIDED, 4 * 2_000**2, id="guided, against an array of float32"),
        pytest.param(12_000, ["ctre-sim"], 12_000**2, id="ctre-sim, against a mask of bytes"),
    ],
)
def test_memory_stays_well_below_one_value_per_place(width, methods, least_array):
    """Planted: a Boolean array of taken places in the search for the best absent pairs."""
    peak = peaks(width, methods)
    assert list(peak["traced"]) == methods
    for method, traced in peak["traced"].items():
        assert traced < 0.7 * least_array, method
    assert peak["resident"] < 0.9 * least_array


def test_a_method_that_starts_full_does_hold_such_an_array():
    """Or else the test above would show nothing."""
    traced = peaks(1_000, ["set", "magnitude", "dense"])["traced"]
    assert traced["set"] < 4 * 1_000**2 < min(traced["magnitude"], traced["dense"])


def test_every_sparse_recipe_is_watched():
    assert {"set", "static"} <= set(RANDOM)
    assert {"ctre-seq", "ctre-sim", "rigl", "snip"} <= set(GUIDED)
