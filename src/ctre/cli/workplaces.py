"""Where runs are done: processes of this machine, or a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import click
from joblib import cpu_count, parallel_config

from ctre.errors import MissingExtraError

_LOCAL = "local:"


class Places(NamedTuple):
    """How many runs are done at a time."""

    n: int
    n_jobs: int | None
    """For joblib; None leaves it to the cluster."""


@contextmanager
def workplaces(dask: str | None, n_jobs: int) -> Iterator[Places]:
    """Have joblib work on a Dask cluster while the block lasts, if there is one.

    Parameters
    ----------
    dask : str or None
        Address of a scheduler, or ``"local:N"``; None for processes of this machine.
    n_jobs : int
        How many processes; -1 for as many as there are processors.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    click.UsageError
        If the cluster cannot be reached.
    """
    if dask is None:
        with parallel_config("loky", inner_max_num_threads=1):
            yield Places(cpu_count() if n_jobs == -1 else n_jobs, n_jobs)
        return
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("distributed", "distributed", "working on a cluster") from error
    cluster_of, client_of = cast("Any", distributed.LocalCluster), cast("Any", distributed.Client)
    if dask.startswith(_LOCAL):
        number = dask.removeprefix(_LOCAL)
        if not number.isdecimal() or int(number) < 1:
            raise click.UsageError(f"--dask: {dask!r} must say how many workers, as in local:2.")
        with (
            cluster_of(
                n_workers=int(number), threads_per_worker=1, dashboard_address=None
            ) as cluster,
            client_of(cluster) as client,
            parallel_config("dask", client=client),
        ):
            yield Places(int(number), None)
        return
    try:
        client = client_of(dask, timeout=10)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--dask: there is no scheduler at {dask}: {error}") from error
    with client, parallel_config("dask", client=client):
        n_threads = sum(client.nthreads().values())
        if not n_threads:
            raise click.UsageError(f"--dask: the cluster at {dask} has no workers.")
        yield Places(n_threads, None)
