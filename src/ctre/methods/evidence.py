"""What a policy may look at for one layer, and on which rows.

Activations and error signals cost something, so that a policy names in its needs what it reads, and
on which rows; who trains gives that and nothing else. One forward and one backward pass over one
set of rows gives all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from ctre._typing import FloatArray
from ctre.errors import InvalidParameterError
from ctre.kernels import Samples
from ctre.methods.settings import setting
from ctre.topology import Topology

Read: TypeAlias = Literal["pre", "post", "error"]
Reads: TypeAlias = frozenset[Read]

_Given = TypeVar("_Given")


@dataclass(frozen=True)
class Sample:
    """Training rows without repetition, drawn afresh for every update.

    Parameters
    ----------
    size : int, float or None, default=None
        At most so many rows, this share of them in (0, 1), or all.
    """

    size: int | float | None = setting("sample_size", None)


@dataclass(frozen=True)
class Batches:
    """Batches as training makes them, drawn afresh for every update, one after the other.

    Parameters
    ----------
    n : int, default=1
        How many.
    decay : float, default=1.0
        The error signals of each further batch count this much of those of the one before
        (dimensionless).
    """

    n: int = 1
    decay: float = 1.0


Rows: TypeAlias = Sample | Batches
"""Where evidence comes from."""

Needs: TypeAlias = Mapping[Rows, Reads]
"""What is read, on which rows; nothing by default."""


def combined(*needs: Needs) -> Needs:
    """Need all that is needed."""
    total: dict[Rows, Reads] = {}
    for some in needs:
        for rows, reads in some.items():
            total[rows] = total.get(rows, frozenset()) | reads
    return total


class LayerEvidence:
    """The activity around one layer on some rows; each part only if it was asked for.

    Parameters
    ----------
    pre : float32 array or CSR of shape (n_rows, n_pre), optional
        Activations of the presynaptic neurons; for the first layer, the data.
    post : float32 array of shape (n_rows, n_post), optional
        Activations of the postsynaptic neurons; for the last layer, the outputs (probabilities of
        classes).
    error : float32 array of shape (n_rows, n_post), optional
        Derivative of the rows' mean loss by the input sums of the postsynaptic neurons:
        ``pre.T @ error`` is its gradient by every weight there could be.

    Raises
    ------
    InvalidParameterError
        If a part is read that was not asked for.
    """

    def __init__(
        self,
        pre: Samples | None = None,
        post: FloatArray | None = None,
        error: FloatArray | None = None,
    ) -> None:
        self._pre, self._post, self._error = pre, post, error

    @property
    def pre(self) -> Samples:
        """Activations before the layer."""
        return _given("pre", self._pre)

    @property
    def post(self) -> FloatArray:
        """Activations behind the layer."""
        return _given("post", self._post)

    @property
    def error(self) -> FloatArray:
        """Error signals behind the layer."""
        return _given("error", self._error)


def _given(name: Read, part: _Given | None) -> _Given:
    if part is None:
        raise InvalidParameterError(
            f"evidence must hold {name!r} to be read, got none. Let the score ask for it: "
            f"@reads({name!r}, ...)."
        )
    return part


class Stage(NamedTuple):
    """What is known of the run when an update is due, before any evidence is gathered."""

    step: int
    """Epochs done, or optimizer steps where those are counted; from 1."""
    n_steps: float
    """How many there will be; infinite where that is not known, and then progress is 0."""
    longest_stall: int = 0
    """Longest run of epochs so far without a better validation score; it only ever grows."""

    @property
    def progress(self) -> float:
        """Share of training that is done, in (0, 1] (dimensionless)."""
        return self.step / self.n_steps

    @property
    def begun(self) -> float:
        """Share of training that was done when the latest step began, in [0, 1) (dimensionless)."""
        return (self.step - 1) / self.n_steps


@dataclass(frozen=True, eq=False)
class Evidence:
    """One layer when an update is due, before anything is dropped.

    Parameters
    ----------
    topology : Topology
        Its connections.
    weights : float32 array of shape (n_connections,)
        In key order.
    rng : numpy.random.Generator
        The only source of chance a policy may use.
    stage : Stage
        How far training has come.
    budget : int
        Connections the layer is meant to have.
    n_threads : int
        Threads a policy may use; no result depends on it.
    is_first : bool
        Whether the presynaptic neurons are the inputs.
    observed : mapping of Rows to LayerEvidence
        What the policy's needs ask for.
    """

    topology: Topology
    weights: FloatArray
    rng: np.random.Generator
    stage: Stage
    budget: int
    n_threads: int = 1
    is_first: bool = False
    observed: Mapping[Rows, LayerEvidence] = field(default_factory=dict)

    def on(self, rows: Rows) -> LayerEvidence:
        """Give what was observed on some rows.

        Raises
        ------
        InvalidParameterError
            If nothing was, because the policy did not name them in its needs.
        """
        try:
            return self.observed[rows]
        except KeyError:
            raise InvalidParameterError(
                f"evidence must be observed on {rows} for this policy, got none. Let its needs "
                "name these rows and what is read on them."
            ) from None
