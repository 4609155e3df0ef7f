"""One limit on BLAS's threads, however many fits of a process want it at the same time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_n_users = 0
_limit: Any = None


@functools.cache
def _controller() -> ThreadpoolController:
    # Looking for the libraries takes milliseconds, setting a limit microseconds. NumPy has loaded
    # its BLAS by now, and no other one is used here.
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread while any such block lasts; the last to leave restores the number."""
    global _n_users, _limit
    with _lock:
        if _n_users == 0:
            _limit = _controller().limit(limits=1, user_api="blas")
        _n_users += 1
    try:
        yield
    finally:
        with _lock:
            _n_users -= 1
            if _n_users == 0:
                _limit.restore_original_limits()
                _limit = None
