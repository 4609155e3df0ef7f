"""``ctre compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctre.cli.options import data_home_option, json_option
from ctre.cli.parameter_options import parameter_option
from ctre.cli.study_options import going_on_later, parse_names, seeds_option, study_out_option
from ctre.cli.training_options import check_meaning, chosen_keywords, training_options

if TYPE_CHECKING:
    from ctre.datasets import FileFormat

_PICTURE_FILE = "curves.png"


@click.command()
@click.argument("data")
@click.option(
    "--methods",
    callback=parse_names,
    required=True,
    metavar="NAME,NAME,…",
    help="What to compare; see 'ctre methods'.",
)
@seeds_option
@parameter_option("max_iter")
@training_options
@study_out_option
@data_home_option
@json_option
def compare(
    data: str,
    methods: tuple[str, ...],
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
    """Train with several methods and say which is best.

    DATA and the options are those of 'ctre train'; every method is trained with every seed.

    With --out DIR, the folder gets rows.csv (one line for each training), curves.csv (one for each
    of its epochs), curves.png, and settings.json. After an interruption the same command goes on
    where it was; it may also ask for more methods and seeds than before.
    """
    from ctre.cli.comparison_report import describe, tabulate
    from ctre.cli.consoles import messages, results
    from ctre.cli.run_folder import prepare_folder
    from ctre.cli.studies import StudyProgress, open_study, save_picture
    from ctre.experiments import Comparison, curves_of, summarize
    from ctre.experiments.comparison_picture import draw_comparison
    from ctre.experiments.jobs import check_methods

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
    comparison = Comparison(rows, methods, n_seeds, settings, out)
    n_done = len(comparison.jobs) - len(comparison.pending)
    with (
        going_on_later(out),
        StudyProgress(messages(), len(comparison.jobs), n_done) as progress,
    ):
        for job in comparison.pending:
            progress.begin_job(f"{job.method}, seed {job.seed}")
            comparison.run(job, [progress])
            progress.end_job()
    curves = curves_of(comparison.points)
    title = f"{rows.name}: {n_seeds} seed{'s' if n_seeds > 1 else ''}"
    picture = out and save_picture(
        out / _PICTURE_FILE, lambda: draw_comparison(curves, title=title)
    )
    report = describe(rows.name, protocol, summarize(comparison.rows, curves))
    report |= {"out": out and str(out), "picture": picture and str(picture)}
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        results().print(tabulate(report))
