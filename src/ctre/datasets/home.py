"""Which folder data sets are kept in."""

from __future__ import annotations

import os
from pathlib import Path

from sklearn.datasets import get_data_home


def find_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that data sets are read from and downloaded to.

    Parameters
    ----------
    data_home : path, optional
        The folder itself. Without it ``$CTRE_DATA_HOME``, without that scikit-learn's data home
        (``$SCIKIT_LEARN_DATA`` or ``~/scikit_learn_data``).

    Returns
    -------
    pathlib.Path
        The folder; it need not exist yet.
    """
    chosen = data_home or os.environ.get("CTRE_DATA_HOME") or get_data_home()
    return Path(chosen).expanduser()
