"""Hot loops: arrays in, arrays out; no policy is known here.

A network in which every pair is connected trains and predicts on BLAS (`layer_kernels`).

`kernels()` gives the backend: native code where it was built, else the plain NumPy twin with one
warning that says why. ``CTRE_KERNELS=numpy`` or ``native`` in the environment decides instead.
"""

from __future__ import annotations

import functools
import importlib.resources
import importlib.util
import os
import warnings
from collections.abc import Sequence
from typing import cast

from ctre.errors import InvalidParameterError
from ctre.kernels.contract import (
    LEAK,
    SGD,
    Adam,
    BilinearForm,
    EpochTotals,
    InputDropout,
    Kernels,
    LayerArrays,
    LayerGradients,
    LayerKernels,
    Samples,
    Tick,
)
from ctre.vocabulary import Activation, Loss

__all__ = [
    "LEAK",
    "SGD",
    "Activation",
    "Adam",
    "BilinearForm",
    "EpochTotals",
    "InputDropout",
    "Kernels",
    "LayerArrays",
    "LayerGradients",
    "LayerKernels",
    "Loss",
    "Samples",
    "SlowKernelsWarning",
    "Tick",
    "arithmetic",
    "kernels",
    "layer_kernels",
]


_BLAS_FROM = 2**15  # connections of a full network below which BLAS is no faster


class SlowKernelsWarning(UserWarning):
    """The C++ extension is not there, so the NumPy kernels run."""


@functools.cache
def kernels() -> Kernels:
    """Choose the backend, once per process.

    Raises
    ------
    InvalidParameterError
        If ``CTRE_KERNELS`` is neither empty, "native" nor "numpy".
    ImportError
        If ``CTRE_KERNELS=native`` and the extension cannot be loaded.
    """
    wanted = os.environ.get("CTRE_KERNELS", "")
    if wanted not in ("", "native", "numpy"):
        raise InvalidParameterError(
            f"The environment variable CTRE_KERNELS must be 'native' or 'numpy', got {wanted!r}."
        )
    if wanted != "numpy":
        try:
            from ctre.kernels import native

            return cast("Kernels", native)
        except ImportError as error:
            if wanted == "native":
                raise
            warnings.warn(
                f"The fast kernels of ctre are not available: {_reason(error)}. Plain NumPy is "
                "used instead: results agree but for rounding, training is many times slower. "
                "To build them, install a C++17 compiler (GCC or Clang) and reinstall: "
                "pip install --force-reinstall --no-cache-dir ctre",
                SlowKernelsWarning,
                stacklevel=2,
            )
    from ctre.kernels import reference

    return cast("Kernels", reference)


def arithmetic() -> str:
    """Name what computes, such as "native avx2": others round otherwise."""
    chosen = kernels()
    name = chosen.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    return f"{name} {chosen.isa()}" if hasattr(chosen, "isa") else name


def layer_kernels(layers: Sequence[LayerArrays]) -> LayerKernels:
    """Choose what trains and predicts with these layers: BLAS where every pair is connected.

    A small full network stays with `kernels()`, which are faster there.
    """
    n_connections = sum(len(layer.weights) for layer in layers)
    n_places = sum(layer.n_pre * len(layer.biases) for layer in layers)
    if n_connections == n_places >= _BLAS_FROM:
        from ctre.kernels import blas

        return blas
    return kernels()


def _reason(error: ImportError) -> str:
    """Say why there is no extension, in the words of the installation where it left some."""
    note = importlib.resources.files(__name__) / "native_missing.txt"
    if note.is_file():
        return note.read_text().strip()
    if importlib.util.find_spec(f"{__name__}._native") is None:
        return "the extension did not compile when ctre was installed (pip install -v shows why)"
    return str(error)
