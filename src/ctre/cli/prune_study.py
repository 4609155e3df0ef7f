"""``ctre prune-study``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctre.cli.options import data_home_option, json_option
from ctre.cli.study_options import (
    going_on_later,
    parse_epochs,
    parse_names,
    seeds_option,
    study_out_option,
)
from ctre.cli.training_options import check_meaning, chosen_keywords, training_options

if TYPE_CHECKING:
    from ctre.datasets import FileFormat

_PICTURE_FILE = "pruning.png"


@click.command("prune-study")
@click.argument("data")
@click.option(
    "--methods",
    "--method",
    callback=parse_names,
    default="set",
    show_default=True,
    metavar="NAME,NAME,…",
    help="What trains the networks; see 'ctre methods'.",
)
@seeds_option
@click.option(
    "--epochs",
    callback=parse_epochs,
    default="10,30,50,100",
    show_default=True,
    metavar="N,N,…",
    help="How long networks are trained before they are taken apart.",
)
@training_options
@study_out_option
@data_home_option
@json_option
def prune_study(
    data: str,
    methods: tuple[str, ...],
    epochs: tuple[int, ...],
    n_seeds: int,
    protocol: str,
    target: str | None,
    file_format: FileFormat,
    test_fraction: float | None,
    out: Path | None,
    data_home: Path | None,
    as_json: bool,
    **keywords: Any,
) -> None:
    """Take trained networks apart and see how long they last.

    Connections leave in steps of 1 % of every layer: by magnitude and by the cosine similarity of
    their neurons, the least or the most important ones first, and at random. DATA and the options
    are those of 'ctre train'. The paper's figure 4 is

      ctre prune-study mnist --methods dense,set --epsilon 13 --protocol paper

    With --out DIR, the folder gets rows.csv (one line for each step), pruning.png, and
    settings.json. After an interruption the same command goes on where it was; it may also ask
    for more methods, epochs and seeds than before.
    """
    from ctre.cli.consoles import messages, results
    from ctre.cli.prune_report import describe, tabulate
    from ctre.cli.run_folder import prepare_folder
    from ctre.cli.studies import StudyProgress, open_study, save_picture
    from ctre.experiments import PruneStudy, prune_curves_of
    from ctre.experiments.jobs import check_methods
    from ctre.experiments.prune_picture import draw_pruning

    check_methods(methods)
    chosen = chosen_keywords(keywords)
    check_meaning(methods, keywords)
    if out is not None:
        prepare_folder(out)
    rows, settings = open_study(
        data,
        chosen,
        protocol=protocol,
        target=target,
        file_format=file_format,
        test_fraction=test_fraction,
        data_home=data_home,
    )
    study = PruneStudy(rows, methods, epochs, n_seeds, settings, out)
    n_done = len(study.jobs) - len(study.pending)
    with going_on_later(out), StudyProgress(messages(), len(study.jobs), n_done) as progress:
        for job in study.pending:
            progress.begin_job(f"{job.method}, {job.epochs} epochs, seed {job.seed}")
            study.run(job, [progress], partial(progress.on_prediction, n=study.n_predictions))
            progress.end_job()
    curves = prune_curves_of(study.rows)
    title = f"{rows.name}: what is left when connections leave"
    picture = out and save_picture(out / _PICTURE_FILE, lambda: draw_pruning(curves, title=title))
    report = describe(rows.name, protocol, n_seeds, curves)
    report |= {"out": out and str(out), "picture": picture and str(picture)}
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        results().print(tabulate(report))
