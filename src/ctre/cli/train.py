"""``ctre train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctre.cli.checkpoint_options import checkpoint_options
from ctre.cli.options import data_home_option, json_option, parse_kinds
from ctre.cli.parameter_options import parameter_option
from ctre.cli.training_options import check_meaning, chosen_keywords, training_options

if TYPE_CHECKING:
    from ctre.datasets import FileFormat


@click.command()
@click.argument("data")
@parameter_option("method")
@parameter_option("max_iter")
@training_options
@parameter_option("random_state")
@click.option(
    "--task",
    type=click.Choice(["auto", "classification", "regression"]),
    default="auto",
    show_default=True,
    help="What the labels are: classes, or numbers to predict. 'auto' takes numbers with "
    "fractions for measurements and all else for classes.",
)
@click.option(
    "--kinds",
    metavar="NAME=KIND,…",
    callback=parse_kinds,
    help="What columns of a table are where that is not what they look like: number, boolean, "
    "category, date, or dropped.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the model, the history, the report and a picture.",
)
@checkpoint_options
@data_home_option
@json_option
def train(
    data: str,
    protocol: str,
    target: str | None,
    file_format: FileFormat,
    test_fraction: float | None,
    task: str,
    kinds: dict[str, str] | None,
    out: Path | None,
    checkpoint_folder: Path | None,
    every: int | None,
    resume: bool,
    data_home: Path | None,
    as_json: bool,
    **keywords: Any,
) -> None:
    """Train a sparse network and say how good it is.

    DATA is a catalogued name ('ctre datasets' lists them) or a file: CSV, TSV, Parquet, Feather,
    NPZ (X and y, or X_train, y_train, X_test, y_test), SVMLight, or MATLAB (X and Y).

    The columns of a table may be numbers, categories, booleans and dates, with gaps in all of
    them. What became of each is said; what is constant, empty or an identifier is dropped.

    Options that are not set come from the protocol: 'default' is what works well, 'paper' is
    what the article on CTRE used.

    With --out DIR, the folder gets model.safetensors, history.csv, run.json and run.png when the
    training has ended. Files of an earlier run there are replaced, never half: until then, and if
    training is interrupted, they stay as they were. Without it nothing is written.

    With --checkpoint DIR, the folder gets the state of the training after every epoch. If it is
    interrupted or killed, the same command with --resume goes on from there; other options or
    other data are refused.
    """
    from ctre.cli.checkpoint_options import chosen_checkpoint, resumable
    from ctre.cli.consoles import messages, results
    from ctre.cli.data import open_dataset
    from ctre.cli.progress import ProgressBar
    from ctre.cli.report import describe, summarize
    from ctre.cli.run import fit_and_test
    from ctre.cli.run_folder import prepare_folder, save_run
    from ctre.estimators import DEFAULT_PROTOCOL

    chosen = chosen_keywords(keywords)
    check_meaning([keywords["method"] or DEFAULT_PROTOCOL["method"]], keywords)
    checkpoint = chosen_checkpoint(checkpoint_folder, every, resume)
    if out is not None:
        prepare_folder(out)
    opened = open_dataset(
        data,
        target=target,
        file_format=file_format,
        test_fraction=test_fraction,
        data_home=data_home,
        task=task,
        kinds=kinds,
    )
    with ProgressBar(messages()) as progress, resumable(checkpoint):
        run = fit_and_test(opened, protocol, chosen | {"callbacks": (progress,)}, checkpoint)
    report = describe(run)
    picture = None if out is None else save_run(run, report, out)
    report |= {"out": out and str(out), "picture": picture and str(picture)}
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        results().print(summarize(report, run.scores))
