"""``ctre store``: look at a store, check it, bring stores together, hand it to other programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ctre.cli.options import json_option

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHORT = 8  # digits of a key that are shown


@click.group()
def store() -> None:
    """Look after a store of runs."""


@store.command("list")
@click.argument("path", metavar="STORE", type=_FILE)
@click.option("--status", type=click.Choice(["pending", "running", "done", "failed"]))
@click.option("--dataset", metavar="NAME")
@click.option("--method", metavar="NAME")
@json_option
def list_runs(
    path: Path, status: str | None, dataset: str | None, method: str | None, as_json: bool
) -> None:
    """List the runs of STORE: key, status, what, accuracy or error, seconds."""
    from rich.table import Table

    from ctre.cli.consoles import results
    from ctre.cli.run_progress import name_of
    from ctre.experiments.store import Store

    with Store(path, must_exist=True) as opened:
        runs = [
            run
            for run in opened.runs()
            if status in (None, run.status)
            and dataset in (None, run.experiment.source.name)
            and method in (None, run.experiment.method)
        ]
    if as_json:
        click.echo(json.dumps([_described(run) for run in runs], indent=2))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for header in ("key", "status", "run", "accuracy (%)", "seconds"):
        is_number = header in ("accuracy (%)", "seconds")
        table.add_column(header, justify="right" if is_number else "left", no_wrap=is_number)
    for run in runs:
        accuracy = seconds = ""
        name = name_of(run.experiment)
        if run.result is not None:
            accuracy = f"{100 * run.result.outcome.test_accuracy:.1f}"
            seconds = f"{run.result.seconds.total:.1f}"
        if run.error:
            name += f": {run.error.splitlines()[-1]}"
        table.add_row(run.key[:_SHORT], run.status, name, accuracy, seconds)
    results().print(table)
    n_done = sum(run.status == "done" for run in runs)
    results().print(f"\n{len(runs)} runs, {n_done} done.")


@store.command()
@click.argument("path", metavar="STORE", type=_FILE)
@click.argument("key")
def show(path: Path, key: str) -> None:
    """Show one run of STORE as JSON; KEY is its key, or as many digits as tell it apart."""
    from ctre.experiments.store import Store

    with Store(path, must_exist=True) as opened:
        found = [run for run in opened.runs() if run.key.startswith(key)]
        if len(found) != 1:
            raise click.UsageError(
                f"KEY must begin the key of one run, got {key!r}, which begins {len(found)}."
            )
        (run,) = found
        report = _described(run)
        if run.result is not None:
            result = opened.with_points(run.key)
            report["epochs"] = [point._asdict() for point in result.epochs]
            report["pruning"] = [point._asdict() for point in result.pruning]
    click.echo(json.dumps(report, indent=2))


@store.command()
@click.argument("path", metavar="STORE", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("sources", nargs=-1, required=True, type=_FILE)
def merge(path: Path, sources: tuple[Path, ...]) -> None:
    """Take the runs of SOURCES, stores or exported CSV files, over into STORE.

    What is done in STORE stays as it is. Of a damaged store, what can be read is taken.
    """
    from ctre.experiments.exchange import read_csv
    from ctre.experiments.salvage import merge as merge_runs
    from ctre.experiments.salvage import merge_store
    from ctre.experiments.store import Store

    with Store(path) as opened:
        for source in sources:
            if source.suffix == ".csv":
                merged = merge_runs(opened, (), list(read_csv(source)))
            else:
                merged = merge_store(opened, source)
            words = f"{source}: {merged.n_new} runs are new, {merged.n_known} were there."
            if merged.differing:
                keys = ", ".join(key[:_SHORT] for key in merged.differing)
                words += (
                    f" Of these, {len(merged.differing)} have other results, and stay as they "
                    f"were in {path}: {keys}."
                )
            click.echo(words)


@store.command()
@click.argument("path", metavar="STORE", type=_FILE)
@click.pass_context
def verify(context: click.Context, path: Path) -> None:
    """Read all of STORE and compare it with its checksums; exit status 1 if something is wrong."""
    from ctre.experiments.salvage import verify as read_all

    verdict = read_all(path)
    counts = ", ".join(f"{n} {status}" for status, n in verdict.counts.items()) or "none"
    click.echo(f"Runs that are whole: {counts}.")
    if verdict.n_outdated:
        click.echo(f"{verdict.n_outdated} of them were made by a version with other results.")
    for problem in verdict.problems:
        click.echo(problem, err=True)
    if verdict.problems:
        if verdict.n_whole:
            click.echo(f"'ctre store merge NEW.db {path}' saves what is whole.", err=True)
        context.exit(1)


@store.command()
@click.argument("path", metavar="STORE", type=_FILE)
@click.option("--format", "form", type=click.Choice(["csv", "parquet", "mlflow"]), required=True)
@click.option(
    "--out",
    required=True,
    help="The file; for mlflow a database file, or the address of a tracking server.",
)
@click.option(
    "--with-epochs",
    is_flag=True,
    help="With csv: write OUT.epochs.csv.gz and OUT.pruning.csv.gz beside it, for the curves.",
)
def export(path: Path, form: str, out: str, with_epochs: bool) -> None:
    """Write the done runs of STORE to a file, a row a run, for other programs.

    What is written as CSV, 'ctre store merge' reads back.
    """
    from ctre.experiments.exchange import write_csv, write_parquet
    from ctre.experiments.store import Store
    from ctre.experiments.to_mlflow import write_mlflow

    if with_epochs and form != "csv":
        raise click.UsageError(f"--with-epochs goes with --format csv, got {form}.")
    with Store(path, must_exist=True) as opened:
        if form == "csv":
            n_runs = write_csv(opened, Path(out), with_points=with_epochs)
        elif form == "parquet":
            n_runs = write_parquet(opened, Path(out))
        else:
            address = out if "://" in out else f"sqlite:///{Path(out).absolute()}"
            n_runs = write_mlflow(opened, address)
    click.echo(f"{n_runs} runs are in {out}.")


def _described(run: Any) -> dict[str, Any]:
    one, result = run.experiment, run.result
    return {
        "key": run.key,
        "status": run.status,
        "dataset": one.source.name,
        "method": one.method,
        "seed": one.seed,
        "settings": one.settings,
        "fingerprint": one.fingerprint,
        "prune_steps": one.prune_steps,
        "is_current": run.is_current,
        "host": run.host,
        "process": run.process,
        "ended": run.ended and datetime.fromtimestamp(run.ended, UTC).isoformat(),
        "error": run.error,
        "outcome": result and result.outcome._asdict(),
        "seconds": result and result.seconds._asdict(),
        "made": result and result.made._asdict(),
    }
