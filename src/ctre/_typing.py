"""Array types of the library, each dtype declared once with its reason."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32]
"""Weights, activations, gradients: half the memory traffic of float64, which is what bounds us."""

IndexArray: TypeAlias = NDArray[np.int32]
"""Neurons and offsets into connections: one dtype for both, so SciPy reads them without a copy."""

KeyArray: TypeAlias = NDArray[np.int64]
"""Places ``post * n_pre + pre``: two layers of 65,536 neurons already overflow 32 bits."""

DoubleArray: TypeAlias = NDArray[np.float64]
"""Sums and probabilities handed to users."""
