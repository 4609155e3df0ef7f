"""The exceptions of the library, by what the caller can do about them.

::

    CTREError
      InvalidParameterError   (also ValueError)        the call can be fixed
        OtherFitError                                  a checkpoint is of another fit
      InvalidDataError        (also ValueError)        the data can be fixed
      UnknownNameError        (also LookupError)       a name was mistyped
      DatasetError            (also OSError)           a file is missing, damaged or unreachable
      TrainingDivergedError   (also FloatingPointError) a learning rate is too large
      MissingExtraError       (also ImportError)       an optional dependency is not installed
      StoreError              (also OSError)           a store of results cannot be used

One sentence pattern serves all: which argument, what it must be, what it got; then the way out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CTREError(Exception):
    """Root of every exception this library raises on purpose."""


class InvalidParameterError(CTREError, ValueError):
    """An argument has a value that it cannot have."""


class OtherFitError(InvalidParameterError):
    """A checkpoint is of a fit with other settings or other data.

    Parameters
    ----------
    kind : {"settings", "data"}
        Of what differs.
    name : str
        What differs: a setting, or a part of the data.
    expected, got : object
        What it is in the checkpoint, and here; of data, checksums.
    folder : path
        Where the checkpoint is.
    """

    def __init__(self, kind: str, name: str, expected: object, got: object, folder: object) -> None:
        where = f"the training that is saved in {str(folder)!r}"
        if kind == "data":
            what = f"The data must be those of {where}, but the {name} differ."
        else:
            what = f"{name} must be {expected!r}, as it was in {where}, got {got!r}."
        super().__init__(
            f"{what} A training goes on as it began, to the length it was planned for; choose "
            "another folder for another one."
        )
        self.kind, self.name, self.expected, self.got = kind, name, expected, got
        self.folder = folder

    def __reduce__(self) -> tuple[type[OtherFitError], tuple[object, ...]]:
        return type(self), (self.kind, self.name, self.expected, self.got, self.folder)


class InvalidDataError(CTREError, ValueError):
    """The samples or labels cannot be trained on or predicted as they are."""


class UnknownNameError(CTREError, LookupError):
    """A name is not in the table it was looked up in.

    Parameters
    ----------
    kind : str
        What the name stands for, as in "method".
    name : str
        The name that was not found.
    known : iterable of str
        Every name that would have been.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.6)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"Unknown {kind} {name!r}.{hint} Known: {', '.join(names)}.")
        self.kind, self.name, self.known = kind, name, tuple(names)

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, object, tuple[str, ...]]]:
        return type(self), (self.kind, self.name, self.known)


class DatasetError(CTREError, OSError):
    """A data set is missing, damaged, or cannot be fetched."""


class StoreError(CTREError, OSError):
    """A store of results is missing, damaged, or cannot be written."""


class TrainingDivergedError(CTREError, FloatingPointError):
    """The loss or a weight stopped being a finite number."""


class MissingExtraError(CTREError, ImportError):
    """An optional dependency is needed and not installed.

    Parameters
    ----------
    package : str
        The package that could not be imported.
    extra : str
        The extra of this library that brings it.
    purpose : str
        What it is needed for, as in "drawing pictures".
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose[0].upper()}{purpose[1:]} needs {package}, which is not installed: "
            f'pip install "ctre[{extra}]"'
        )
        self.package, self.extra, self.purpose = package, extra, purpose

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, str]]:
        return type(self), (self.package, self.extra, self.purpose)
