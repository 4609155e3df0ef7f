"""The connections of one layer, and the step from one set of connections to the next.

A layer with three presynaptic neurons (p) and two postsynaptic ones (q)::

              q0  q1            key = q * n_pre + p      0 1 2 | 3 4 5
        p0     x   .                                     x . x | . x .
        p1     .   x            keys                     [0, 2, 4]
        p2     x   .            indptr, indices          [0, 2, 3], [0, 2, 1]

Connections are sorted by key, so each postsynaptic neuron owns one run of ``indices``: its
incoming connections. The same two arrays are a SciPy CSC matrix of shape (n_pre, n_post).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.errors import InvalidParameterError

_T = TypeVar("_T", bound=np.generic)

_MOST_CONNECTIONS = 2**31 - 1  # offsets are int32, see _typing
_NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Topology:
    """Which places of a layer hold a connection; immutable: it takes its arrays over, read-only.

    Parameters
    ----------
    n_pre, n_post : int
        Number of presynaptic and postsynaptic neurons.
    indptr : int32 array of shape (n_post + 1,)
        The connections entering neuron q are ``indices[indptr[q]:indptr[q + 1]]``.
    indices : int32 array of shape (n_connections,)
        Presynaptic neuron of each connection, ascending within a postsynaptic neuron.
    """

    n_pre: int
    n_post: int
    indptr: IndexArray
    indices: IndexArray

    def __post_init__(self) -> None:
        self.indptr.setflags(write=False)
        self.indices.setflags(write=False)

    def __reduce__(self) -> tuple[type[Self], tuple[int, int, IndexArray, IndexArray]]:
        # Arrays come back from a pickle writable, so a copy has to go through the constructor.
        return type(self), (self.n_pre, self.n_post, self.indptr, self.indices)

    @classmethod
    def from_keys(cls, n_pre: int, n_post: int, keys: KeyArray) -> Self:
        """Build the topology that has a connection at each of ``keys`` and nowhere else.

        Parameters
        ----------
        n_pre, n_post : int
            Number of presynaptic and postsynaptic neurons.
        keys : int64 array of shape (n_connections,)
            Places ``post * n_pre + pre``, strictly ascending.

        Raises
        ------
        InvalidParameterError
            If the keys are not strictly ascending or leave the layer, or number over 2**31 - 1.
        """
        keys = np.array(keys, dtype=np.int64)
        if len(keys) > _MOST_CONNECTIONS:
            raise InvalidParameterError(
                f"A layer holds at most {_MOST_CONNECTIONS} connections, got {len(keys)}. "
                "Choose a lower density."
            )
        _check_keys(n_pre, n_post, keys)
        posts = keys // n_pre
        indptr = np.zeros(n_post + 1, dtype=np.int32)
        np.cumsum(np.bincount(posts, minlength=n_post), out=indptr[1:])
        posts *= -n_pre  # by multiplication: NumPy's remainder takes ten times as long
        posts += keys
        return cls._with_keys(n_pre, n_post, indptr, posts.astype(np.int32), keys)

    @classmethod
    def _with_keys(
        cls, n_pre: int, n_post: int, indptr: IndexArray, indices: IndexArray, keys: KeyArray
    ) -> Self:
        """Build the topology and remember its keys, which need not be computed then."""
        topology = cls(n_pre, n_post, indptr, indices)
        keys.setflags(write=False)
        topology.__dict__["keys"] = keys
        return topology

    @classmethod
    def random(cls, n_pre: int, n_post: int, count: int, rng: np.random.Generator) -> Self:
        """Draw ``count`` distinct places uniformly: the Erdős–Rényi topology of exact size.

        Raises
        ------
        InvalidParameterError
            If the layer has fewer than ``count`` places.
        """
        return cls.from_keys(n_pre, n_post, sample_distinct(rng, n_pre * n_post, count))

    @classmethod
    def full(cls, n_pre: int, n_post: int) -> Self:
        """Connect every pair."""
        return cls.from_keys(n_pre, n_post, np.arange(n_pre * n_post, dtype=np.int64))

    @property
    def n_connections(self) -> int:
        """Number of connections."""
        return len(self.indices)

    @property
    def n_places(self) -> int:
        """Number of pairs, connected or absent; a Python int, so it never overflows."""
        return self.n_pre * self.n_post

    @property
    def n_absent(self) -> int:
        """Number of pairs without a connection."""
        return self.n_places - self.n_connections

    @property
    def density(self) -> float:
        """Connections per place, in [0, 1]."""
        return self.n_connections / self.n_places

    @cached_property
    def keys(self) -> KeyArray:
        """Key ``post * n_pre + pre`` of each connection, int64, strictly ascending."""
        keys = self.post_indices.astype(np.int64) * self.n_pre + self.indices
        keys.setflags(write=False)
        return keys

    @property
    def post_indices(self) -> IndexArray:
        """Postsynaptic neuron of each connection, int32 of shape (n_connections,)."""
        return np.repeat(np.arange(self.n_post, dtype=np.int32), np.diff(self.indptr))

    @property
    def in_degrees(self) -> IndexArray:
        """Number of connections entering each postsynaptic neuron, shape (n_post,)."""
        return np.diff(self.indptr)

    @property
    def out_degrees(self) -> IndexArray:
        """Number of connections leaving each presynaptic neuron, shape (n_pre,)."""
        return np.bincount(self.indices, minlength=self.n_pre).astype(np.int32)

    def contains(self, keys: KeyArray) -> NDArray[np.bool_]:
        """Tell for each of some places whether it holds a connection; O(log n_connections) each."""
        is_there: NDArray[np.bool_] = _positions(self.keys, keys) != _NOWHERE
        return is_there

    def without(self, positions: KeyArray) -> Self:
        """Give the topology that lacks the connections at some positions."""
        stays = _all_but(self.n_connections, positions)
        n_staying = np.zeros(len(stays) + 1, dtype=np.int32)  # before each position
        np.cumsum(stays, out=n_staying[1:])
        kept = np.flatnonzero(stays)
        return self._with_keys(
            self.n_pre,
            self.n_post,
            n_staying.take(self.indptr),
            self.indices.take(kept),
            self.keys.take(kept),
        )

    def as_matrix(self, weights: FloatArray) -> csc_array:
        """Read the layer as a SciPy matrix of shape (n_pre, n_post); nothing is copied.

        Parameters
        ----------
        weights : array of shape (n_connections,)
            One value per connection, in key order.
        """
        return csc_array((weights, self.indices, self.indptr), shape=(self.n_pre, self.n_post))


@dataclass(frozen=True, eq=False)
class TopologyChange:
    """The step from an old topology to a new one of the same layer.

    *Died* is old without new, *born* is new without old, *survivors* are in both. A connection
    that was dropped and chosen again in the same update is a survivor: it was never gone.

    Raises
    ------
    InvalidParameterError
        If the two differ in their numbers of neurons.
    """

    old: Topology
    new: Topology

    def __post_init__(self) -> None:
        old, new = self.old, self.new
        if (old.n_pre, old.n_post) != (new.n_pre, new.n_post):
            raise InvalidParameterError(
                f"new must join as many neurons as old, {old.n_pre} x {old.n_post}, "
                f"got {new.n_pre} x {new.n_post}."
            )

    @classmethod
    def replacing(cls, old: Topology, dropped: KeyArray, grown: KeyArray) -> Self:
        """Take out the connections at positions ``dropped``, then connect the places ``grown``.

        Parameters
        ----------
        old : Topology
            What there is.
        dropped : int64 array
            Positions among its connections, ascending.
        grown : int64 array
            Keys, ascending, of places that are free once those connections have left.

        Raises
        ------
        InvalidParameterError
            If ``grown`` is not strictly ascending, leaves the layer, or holds a place that is
            not free.
        """
        _check_keys(old.n_pre, old.n_post, grown)
        kept = np.flatnonzero(_all_but(old.n_connections, dropped))
        place = np.searchsorted(old.keys.take(kept), grown) + np.arange(len(grown))
        source = np.empty(len(kept) + len(grown), dtype=np.int64)
        source[_all_but(len(source), place)] = kept
        source[place] = _positions(old.keys, grown)
        keys = _taken(old.keys, source)
        keys[place] = grown
        change = cls(old, Topology.from_keys(old.n_pre, old.n_post, keys))
        change.__dict__["source"] = source
        return change

    @cached_property
    def source(self) -> KeyArray:
        """For each new connection its position among the old ones, or -1 if it was born."""
        return _positions(self.old.keys, self.new.keys)

    @cached_property
    def born(self) -> KeyArray:
        """Positions, among the new connections, of those that were not there before."""
        return np.flatnonzero(self.source == _NOWHERE)

    @property
    def n_born(self) -> int:
        """Number of connections that are new."""
        return len(self.born)

    @property
    def n_died(self) -> int:
        """Number of connections that are gone."""
        return self.old.n_connections - (self.new.n_connections - self.n_born)

    def carry(self, values: FloatArray, newborn: FloatArray | float = 0.0) -> FloatArray:
        """Take one value per connection from the old topology to the new one.

        Parameters
        ----------
        values : array of shape (old.n_connections,)
            Weights or momentum of the old connections.
        newborn : float or array of shape (n_born,), default=0.0
            What the born connections get, in key order.

        Returns
        -------
        array of shape (new.n_connections,)
            A new array; survivors keep their value.
        """
        carried = _taken(values, self.source)
        carried[self.born] = newborn
        return carried


def _check_keys(n_pre: int, n_post: int, keys: KeyArray) -> None:
    n_places = n_pre * n_post
    if len(keys) and (keys[0] < 0 or keys[-1] >= n_places or np.any(keys[1:] <= keys[:-1])):
        raise InvalidParameterError(
            f"keys must be strictly ascending within [0, {n_places}) "
            f"for a {n_pre} x {n_post} layer."
        )


def _all_but(n: int, positions: KeyArray) -> NDArray[np.bool_]:
    """Mark ``n`` positions except those given."""
    marks = np.ones(n, dtype=np.bool_)
    marks[positions] = False
    return marks


def _taken(values: NDArray[_T], positions: KeyArray) -> NDArray[_T]:
    """Take the values at some positions, anything for `_NOWHERE`."""
    return values.take(positions) if len(values) else np.empty(len(positions), values.dtype)


def _positions(ascending: KeyArray, keys: KeyArray) -> KeyArray:
    """Find some keys among ascending ones; one that is not there is `_NOWHERE`."""
    at = np.searchsorted(ascending, keys)
    if not len(ascending):
        return np.full(len(keys), _NOWHERE)
    at[at == len(ascending)] = 0
    at[ascending.take(at) != keys] = _NOWHERE
    return at


def sample_distinct(rng: np.random.Generator, n: int, count: int) -> KeyArray:
    """Draw ``count`` of the integers 0 … n - 1, each subset equally likely, ascending.

    Memory and expected time are O(count), whatever ``n`` is: NumPy's ``choice`` would hold all
    ``n`` integers once ``count`` passes a fiftieth of them.

    Raises
    ------
    InvalidParameterError
        If ``count`` is negative or exceeds ``n``.
    """
    if not 0 <= count <= n:
        raise InvalidParameterError(f"count must be in [0, {n}], got {count}.")
    if 2 * count > n:  # draw the few that stay out; all n integers are O(count) here
        left_out = sample_distinct(rng, n, n - count)
        return np.setdiff1d(np.arange(n, dtype=np.int64), left_out, assume_unique=True)
    chosen = np.empty(0, dtype=np.int64)
    while len(chosen) < count:
        # Distinct values in order of first appearance are a uniform sequence without repetition.
        drawn = rng.integers(n, size=count - len(chosen), dtype=np.int64)
        chosen = np.sort(np.concatenate([chosen, drawn]))
        is_repeated = chosen[1:] == chosen[:-1]
        if is_repeated.any():  # np.union1d hashes: 20 times slower
            chosen = chosen[np.append(True, ~is_repeated)]
    return chosen
