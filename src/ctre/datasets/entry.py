"""What the catalogue says of one data set, and the three ways one gets here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from sklearn.utils import Bunch

from ctre.datasets.fetch import RemoteFile
from ctre.datasets.store import Arrays, ArraySpecs

Split: TypeAlias = Literal["official", "random", "stratified"]


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


@dataclass(frozen=True)
class DatasetRecord:
    """One data set of the catalogue.

    Parameters
    ----------
    name : str
        What :func:`ctre.datasets.load` takes.
    n_train, n_test, n_features, n_classes : int
        Its size, with the split below.
    kind : str
        What the columns are.
    source : str
        Who made it, and where it was published.
    terms : str
        On what terms, as far as the publisher says.
    origin : Published, Bundled or Generated
        How it gets here.
    split : {"official", "random", "stratified"}
        Which rows are test rows: the publisher's choice, or a fifth drawn with seed 42.
    scale, paper_scale : str
        The scaling that suits it, and the paper's; see :class:`ctre.preprocessing.Scaling`.
    """

    name: str
    n_train: int
    n_test: int
    n_features: int
    n_classes: int
    kind: str
    source: str
    terms: str
    origin: Published | Bundled | Generated
    split: Split = "official"
    scale: str = "minmax"
    paper_scale: str = "minmax"
