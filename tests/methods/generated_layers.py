"""Layers that kind data would not give: tiny, full, nearly full, dead, tied, constant and huge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from ctre.methods import Batches, Evidence, LayerEvidence, Sample, Stage
from ctre.topology import Topology

EARLY = Stage(step=1, n_steps=4)
"""In the first half, and not stalled."""
LATE = Stage(step=3, n_steps=4, longest_stall=5)
"""In the second half, and stalled, with a patience of `PATIENCE`."""
PATIENCE = 5
ACTIVATIONS = {Sample(): frozenset({"pre", "post"})}
EVERYTHING = {
    Sample(): frozenset({"pre", "post", "error"}),
    Batches(): frozenset({"pre", "post", "error"}),
    Batches(3, decay=0.5): frozenset({"pre", "post", "error"}),
    Batches(22, decay=0.9): frozenset({"pre", "post", "error"}),
}


@dataclass(frozen=True)
class GeneratedLayer:
    """One layer and all that training could lend of it; every array is read-only."""

    topology: Topology
    weights: np.ndarray
    pre: np.ndarray
    post: np.ndarray
    batches: tuple

    def __post_init__(self):
        for array in (self.weights, self.pre, self.post, *sum(self.batches, ())):
            array.setflags(write=False)

    def evidence(self, needs, stage=EARLY, seed=0, sparse=False):
        """Lend what ``needs`` name and withhold the rest."""
        form = frozen_csr if sparse else np.asarray

        def observed(rows, reads):
            if isinstance(rows, Sample):
                parts = {"pre": self.pre, "post": self.post, "error": None}
                if self.batches:
                    parts["error"] = self.batches[0][1]
            else:
                batches = self.batches[: rows.n]
                errors = [signals * rows.decay**age for age, (_, signals) in enumerate(batches)]
                parts = {
                    "pre": np.concatenate([before for before, _ in batches]),
                    "post": np.concatenate([signals for _, signals in batches]),
                    "error": np.concatenate(errors).astype(np.float32),
                }
            parts["pre"] = form(parts["pre"])
            return LayerEvidence(**{name: parts[name] for name in reads})

        return Evidence(
            self.topology,
            self.weights,
            np.random.default_rng(seed),
            stage,
            budget=self.topology.n_connections,
            observed={rows: observed(rows, reads) for rows, reads in needs.items()},
        )


def frozen_csr(array):
    matrix = csr_array(array)
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.setflags(write=False)
    return matrix


def topology(rng, n_pre, n_post, count):
    return Topology.from_keys(
        n_pre, n_post, np.sort(rng.choice(n_pre * n_post, count, replace=False))
    )


def kind_layer(seed, n_pre=30, n_post=20, count=120, n_rows=16):
    """No ties, nothing special: where a test is about the rule and not about the edges."""
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    return GeneratedLayer(
        topology(rng, n_pre, n_post, count),
        normal(count),
        normal(n_rows, n_pre),
        normal(n_rows, n_post),
        tuple((normal(n_rows, n_pre), normal(n_rows, n_post)) for _ in range(3)),
    )


def _poisoned(rng, n_rows, n_neurons):
    """Small integers, some negative; some neurons dead, constant, doubled, or with a huge value."""
    values = rng.integers(-2, 3, (n_rows, n_neurons)).astype(np.float32)
    kind = rng.integers(6, size=n_neurons)
    values[:, kind == 0] = 0
    values[:, kind == 1] = rng.choice([-1, 1])
    values[:, kind == 2] = values[:, :1]
    values[:1, kind == 3] = -(2.0**40)
    return values


@st.composite
def layers(draw):
    """Draw a layer between any two sizes, from one connection to full, with poisoned activity."""
    n_pre = draw(st.one_of(st.just(1), st.integers(1, 9)), label="n_pre")
    n_post = draw(st.one_of(st.just(1), st.integers(1, 9)), label="n_post")
    n_places = n_pre * n_post
    n_absent = draw(
        st.one_of(st.integers(0, min(3, n_places - 1)), st.integers(0, n_places - 1)),
        label="n_absent",
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    n_rows = draw(st.integers(1, 5), label="n_rows")
    count = n_places - n_absent
    tied = rng.choice(np.float32([-0.5, 0, 0.5, 1]), count)
    distinct = rng.standard_normal(count).astype(np.float32)
    return GeneratedLayer(
        topology(rng, n_pre, n_post, count),
        tied if draw(st.booleans(), label="tied weights") else distinct,
        _poisoned(rng, n_rows, n_pre),
        _poisoned(rng, n_rows, n_post),
        tuple((_poisoned(rng, n_rows, n_pre), _poisoned(rng, n_rows, n_post)) for _ in range(3)),
    )
