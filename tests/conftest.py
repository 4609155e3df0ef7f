"""What every test may rely on; above all, the same examples each time, however slow the machine."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from ctre import whole_file

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
settings.register_profile(
    "nightly", derandomize=False, deadline=None, max_examples=1000, print_blob=True
)
settings.load_profile("repeatable")  # but `--hypothesis-profile` comes after it, and wins


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def full_disk(monkeypatch):
    """Call it with a name: the disk is full from now on for files of that name."""
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    opened = whole_file._NamedFile.__init__

    def fill_for(name):
        def open_instead(file, part, path):
            opened(file, part, path)
            if path.name == name:
                io.FileIO.__init__(file, device, "w")

        monkeypatch.setattr(whole_file._NamedFile, "__init__", open_instead)

    return fill_for
