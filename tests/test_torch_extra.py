"""The torch extra: loaded by nobody who did not ask, and named where it is missing."""

from __future__ import annotations

import subprocess
import sys


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_ctre_loads_no_torch():
    program = (
        "import sys; from ctre import *; import ctre.estimators; print('torch' in sys.modules)"
    )
    assert run(program) == "False\n"


def test_a_missing_extra_names_the_command():
    program = """
import sys
sys.modules["torch"] = None  # as if it were not installed
try:
    import ctre.torch
except ImportError as error:
    print(type(error).__name__, error)
"""
    said = run(program)
    assert said.startswith("MissingExtraError")
    assert 'pip install "ctre[torch]"' in said
