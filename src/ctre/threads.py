"""How many threads to use where the user did not say."""

from __future__ import annotations

import os

_LEAST_WORK = 400_000  # products of one batch below which a second thread costs more than it brings


def available_threads() -> int:
    """Count the processors this process may use, capped by ``OMP_NUM_THREADS``.

    Joblib's process workers set that variable, so fits side by side do not crowd each other out.
    """
    try:
        n = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        n = os.cpu_count() or 1
    cap = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(n, int(cap))) if cap.isdigit() else n


def threads_for(n_connections: int, batch_size: int) -> int:
    """Choose the threads for training from the work of one batch."""
    return max(1, min(available_threads(), n_connections * batch_size // _LEAST_WORK))
