"""Write files so that under their names there is never less than the whole of them."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

if TYPE_CHECKING:
    from typing_extensions import Buffer  # in collections.abc from Python 3.12 on

_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)  # what a file system says that cannot sync folders


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a hidden file beside ``path``; it takes that name if the block ends without an error.

    Another thread or process may write the same path at the same time: the last one done wins.
    A power cut leaves the old file or the new one: the new one is on the disk before it gets its
    name, and its name before the block ends (but on Windows, where folders cannot be synced).

    Raises
    ------
    OSError
        If the file cannot be written; it names ``path``.
    """
    with whole_files([path]) as (file,):
        yield file


@contextmanager
def whole_files(paths: Sequence[Path]) -> Iterator[list[BinaryIO]]:
    """Open several as `whole_file` does; all are on the disk before the first takes its name."""
    parts = [path.with_name(f".{path.name}.{uuid4().hex}.part") for path in paths]
    try:
        with ExitStack() as stack:
            files = [_open(part, path, stack) for part, path in zip(parts, paths, strict=True)]
            yield files
            for file, path in zip(files, paths, strict=True):
                with _naming(path):
                    file.flush()
                    os.fsync(file.fileno())
        for part, path in zip(parts, paths, strict=True):
            with _naming(path):
                part.replace(path)
        for folder in {path.parent for path in paths}:
            _sync_folder(folder)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def remove_unfinished(folder: Path, pattern: str) -> None:
    """Remove what writers left that were killed; nobody may be writing such a file.

    Parameters
    ----------
    folder : Path
        May be missing.
    pattern : str
        Of the names that the files were to have, as `pathlib.Path.glob` takes it.
    """
    for part in folder.glob(f".{pattern}.{'[0-9a-f]' * 32}.part"):
        part.unlink(missing_ok=True)


class _NamedFile(io.FileIO):
    """A new file whose errors, on whatever way it is written, tell the name it is to have."""

    def __init__(self, part: Path, path: Path) -> None:
        self.path = path
        with _naming(path):
            super().__init__(part, "xb")

    def write(self, data: Buffer, /) -> int:
        with _naming(self.path):
            return super().write(data)


def _open(part: Path, path: Path, stack: ExitStack) -> BinaryIO:
    return stack.enter_context(io.BufferedWriter(_NamedFile(part, path)))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error name ``path``: the hidden file means nothing to anybody, some name no file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders, others none that may not be read
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        os.close(descriptor)
