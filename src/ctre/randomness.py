"""One seed per fit, a generator of its own for each consumer.

A draw added in one place does not move the draws of another.
"""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: np.random.SeedSequence, consumer: str) -> np.random.Generator:
    """Give the generator of one named consumer, such as "growth" or "batches"."""
    key = (*seed.spawn_key, zlib.crc32(consumer.encode()))
    return np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=key))
