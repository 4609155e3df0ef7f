"""Five epochs of every recipe, and of the settings that change what training does.

    python tests/golden/record.py --write    # after a change that is meant to move results

Goldens guard against drift; they never define truth. Sums differ with the width of the vectors,
so that each instruction set has a record of its own; those this processor lacks keep theirs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

FILE = Path(__file__).with_name("records.json")
ISAS = ("baseline", "avx2", "avx512")

_SETTINGS = {
    "hidden_layer_sizes": (60, 50),
    "epsilon": 2,
    "max_iter": 5,
    "batch_size": 25,
    "learning_rate_init": 0.05,
    "patience": 1,
    "similarity_samples": 64,
    "random_state": 7,
    "n_threads": 1,
}
_VARIANTS = {
    "ctre-seq, adam": ("ctre-seq", {"solver": "adam", "learning_rate_init": 0.01}),
    "ctre-sim, candidates": ("ctre-sim", {"similarity_candidates": 3}),
    "ctre-sim, cosine schedules, normal": (
        "ctre-sim",
        {
            "learning_rate": "cosine",
            "drop_fraction_schedule": "cosine",
            "weight_init": "normal",
            "validation_split": None,
        },
    ),
    "ctre-sim, tanh, all rows, every other epoch": (
        "ctre-sim",
        {"activation": "tanh", "similarity_samples": None, "update_interval": 2},
    ),
    "rigl, no validation, density": (
        "rigl",
        {"validation_fraction": 0.0, "validation_split": None, "epsilon": None, "density": 0.1},
    ),
}


def table() -> tuple[np.ndarray, np.ndarray]:
    """Give 300 rows of 40 columns, some of them dead, constant or huge, and three classes."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(300, 40)).astype(np.float32)
    X[:, 3], X[:, 4] = 0, 1
    X[:, 5] *= 10
    X[np.abs(X) < 0.5] = 0
    y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int) + (X[:, 6] > 1)
    return X, y


def runs() -> dict[str, dict]:
    """Train everything and say what came of it."""
    from ctre import PAPER_PROTOCOL
    from ctre.methods import RECIPES

    X, y = table()
    weight = np.linspace(0, 2, len(X))
    cases = [(recipe.name, recipe.name, {}, X, None) for recipe in RECIPES]
    cases += [(name, method, extra, X, None) for name, (method, extra) in _VARIANTS.items()]
    cases += [
        ("ctre-seq, sparse rows", "ctre-seq", {}, csr_array(X), None),
        ("rigl, sparse rows", "rigl", {}, csr_array(X), None),
        ("ctre-sim, weighted rows", "ctre-sim", {}, X, weight),
        ("rigl, weighted rows", "rigl", {}, X, weight),
    ]
    return {
        name: _run(
            {**PAPER_PROTOCOL, **_SETTINGS, "method": method, **extra}, rows, y, sample_weight
        )
        for name, method, extra, rows, sample_weight in cases
    }


def _run(keywords, X, y, sample_weight) -> dict:
    from ctre import SparseMLPClassifier

    model = SparseMLPClassifier(**keywords).fit(X, y, sample_weight)
    layers = model.network_.layers
    counts = ("n_connections", "n_died", "n_born", "n_regrown", "n_random")
    return {
        "topology": _checksum([layer.topology.keys for layer in layers]),
        "weights": _checksum([a for layer in layers for a in (layer.weights, layer.biases)]),
        "train_loss": model.history_.column("train_loss"),
        "validation_loss": model.history_.column("validation_loss"),
        "validation_score": model.history_.column("validation_score"),
        "stall": model.history_.column("stall"),
        **{name: [list(value) for value in model.history_.column(name)] for name in counts},
    }


def _checksum(arrays) -> str:
    checksum = 0
    for array in arrays:
        checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    return f"{checksum:08x}"


def runs_on(isa: str) -> dict[str, dict] | None:
    """Give what `runs` gives on an instruction set; None if the processor does not have it."""
    environment = {**os.environ, "CTRE_KERNELS": "native", "CTRE_ISA": isa}
    done = subprocess.run(
        [sys.executable, __file__], env=environment, capture_output=True, text=True, check=False
    )
    if "CTRE_ISA must be" in done.stderr:
        return None
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    """Print the runs of this process, or write the records of every instruction set there is."""
    if "--write" not in sys.argv:
        print(json.dumps(runs()))
        return
    from importlib.metadata import version

    records = json.loads(FILE.read_text()) if FILE.exists() else {"runs": {}}
    found = {isa: runs_on(isa) for isa in ISAS}
    records |= {
        "command": "python tests/golden/record.py --write",
        "versions": {name: version(name) for name in ("ctre", "numpy", "scipy", "scikit-learn")},
    }
    records["runs"] |= {isa: runs for isa, runs in found.items() if runs is not None}
    FILE.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
