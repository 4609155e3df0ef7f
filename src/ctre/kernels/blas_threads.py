"""One limit on BLAS's threads, however many fits of a process want it at the same time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_n_users = 0
_numbers: list[int] = []
"""What the libraries had before the first block."""


@functools.cache
def _libraries() -> list[Any]:
    # Looking for the libraries takes milliseconds, setting a limit microseconds. NumPy has loaded
    # its BLAS by now, and no other one is used here.
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set(numbers: Iterable[int]) -> None:
    for library, number in zip(_libraries(), numbers, strict=True):
        # From threadpoolctl 3.8 on, OpenBLAS is deaf to all threads but the first that set its
        # number, as long as that one lives. Here whoever holds the lock must be heard.
        release = getattr(library, "clear_controlling_thread", _nothing)
        release(force=True)
        library.set_num_threads(number)
        release(force=True)


def _nothing(*, force: bool) -> None:
    del force


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread while any such block lasts; the last to leave restores the number."""
    global _n_users, _numbers
    with _lock:
        if _n_users == 0:
            _numbers = [library.num_threads for library in _libraries()]
            _set([1] * len(_numbers))
        _n_users += 1
    try:
        yield
    finally:
        with _lock:
            _n_users -= 1
            if _n_users == 0:
                _set(_numbers)
