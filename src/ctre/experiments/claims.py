"""Whether the process that began a run is still at it."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

STALE_AFTER = 60.0
"""Seconds without a heartbeat after which a run belongs to nobody."""


def is_gone(heartbeat: float | None, host: str | None, process: int | None, owner: Any) -> bool:
    """Tell whether the process that claimed a run is gone."""
    if owner is None or heartbeat is None or process is None:
        return True
    if time.time() - heartbeat > STALE_AFTER:
        return True
    return host == socket.gethostname() and not _is_alive(process)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there os.kill would end it; the heartbeat has to tell
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
