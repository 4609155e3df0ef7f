"""Download a file: try again, check it, and leave all of it or nothing."""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ctre.errors import DatasetError
from ctre.whole_file import whole_file

OnProgress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes so far, and their final number if the server told."""

_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 1.0  # doubled after each attempt
_TIMEOUT_SECONDS = 30.0  # without a byte
_CHUNK_BYTES = 1 << 18
_HEADERS = {"User-Agent": "ctre (Python data set loader)"}


@dataclass(frozen=True)
class RemoteFile:
    """A file that somebody publishes.

    Parameters
    ----------
    name : str
        What it is called once it is here.
    urls : tuple of str
        Where it is offered, best first; http:// is good enough where ``sha256`` is known.
    sha256 : str or None
        Its published checksum; None where nobody publishes one.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str | None = None


def download(remote: RemoteFile, folder: Path, *, on_progress: OnProgress | None = None) -> Path:
    """Bring a file into a folder.

    Each address is tried three times, with growing pauses, while it is unreachable, breaks off
    or reports a passing fault (HTTP 5xx, 408, 429). Where it answers that it has no such file,
    or sends a wrong one, the next address has its turn.

    Parameters
    ----------
    remote : RemoteFile
        What to bring.
    folder : Path
        An existing folder; the file appears there under its name once it is whole and checked.
    on_progress : callable, optional
        Called after each chunk with the file's name, the bytes so far, and the total or None.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    DatasetError
        If no address gave the right file; says what each of them did.
    """
    failures = []
    for url in remote.urls:
        pause = _FIRST_PAUSE_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _attempt(url, remote, folder, on_progress)
            except _FAILURES as error:
                failure = _describe(error)
                if attempt == _ATTEMPTS or not _may_pass(error):
                    break
            time.sleep(pause)
            pause *= 2
        failures.append(f"{url}: {failure}")
    raise DatasetError(f"{remote.name} could not be downloaded. " + "; ".join(failures) + ".")


class _WrongContentError(Exception):
    """A whole file came, and it is another one."""


class _BrokenOffError(Exception):
    """Less came than was announced."""


_FAILURES = (OSError, http.client.HTTPException, _WrongContentError, _BrokenOffError)


def _attempt(url: str, remote: RemoteFile, folder: Path, on_progress: OnProgress | None) -> Path:
    request = urllib.request.Request(url, headers=_HEADERS)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        length = response.headers.get("Content-Length")
        total = int(length) if length and length.isdecimal() else None
        path = folder / remote.name
        with whole_file(path) as file:
            digest, received = hashlib.sha256(), 0
            while chunk := response.read(_CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                if on_progress:
                    on_progress(remote.name, received, total)
            if total is not None and received != total:
                raise _BrokenOffError(f"it broke off after {received} of {total} bytes")
            if remote.sha256 is not None and digest.hexdigest() != remote.sha256:
                raise _WrongContentError(
                    f"its SHA-256 must be {remote.sha256}, got {digest.hexdigest()}"
                )
        return path


def _may_pass(error: Exception) -> bool:
    """Whether the same address may give the file a moment later."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500 or error.code in (408, 429)
    return not isinstance(error, _WrongContentError)


def _describe(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
