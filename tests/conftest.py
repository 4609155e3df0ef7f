"""What every test may rely on: the same examples each time, however slow the machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("repeatable")


@pytest.fixture
def rng():
    return np.random.default_rng(0)
