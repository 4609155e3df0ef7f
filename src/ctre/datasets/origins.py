"""The three ways a catalogued data set gets here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sklearn.utils import Bunch

from ctre.datasets.fetch import RemoteFile
from ctre.datasets.store import Arrays, ArraySpecs


@dataclass(frozen=True)
class Published:
    """Fetched once from its publisher, then kept as an NPZ file.

    Parameters
    ----------
    file : str
        Name of the NPZ file in the data home.
    arrays : mapping of str to (shape, dtype)
        What the NPZ file holds.
    remotes : tuple of RemoteFile
        What is downloaded.
    decode : callable
        Takes the folder they were downloaded to, returns the arrays.
    digested : tuple of str
        The arrays whose content ``digest`` vouches for.
    digest : str or None
        Their :func:`ctre.datasets.store.content_digest`; None where the checksums of ``remotes``
        already vouch for every byte.
    any_order : bool
        Whether ``digest`` holds for the rows in any order.
    sparse : bool
        Whether the rows are lent as a CSR array.
    """

    file: str
    arrays: ArraySpecs
    remotes: tuple[RemoteFile, ...]
    decode: Callable[[Path], Arrays]
    digested: tuple[str, ...] = ()
    digest: str | None = None
    any_order: bool = False
    sparse: bool = False


@dataclass(frozen=True)
class Bundled:
    """Comes with scikit-learn."""

    loader: Callable[[], Bunch]


@dataclass(frozen=True)
class Generated:
    """Made on the spot by :func:`ctre.datasets.make_madelon`."""
