"""``ctre compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctre.cli.options import data_home_option, json_option
from ctre.cli.parameter_options import parameter_option
from ctre.cli.study_options import (
    check_methods,
    jobs_option,
    parse_names,
    seeds_option,
    study_out_option,
)
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
@jobs_option
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
    n_jobs: int,
    data_home: Path | None,
    as_json: bool,
    **keywords: Any,
) -> None:
    """Train with several methods and say which is best.

    DATA and the options are those of 'ctre train'; every method is trained with every seed.

    With --out DIR, the folder gets runs.db (the store that 'ctre store' and 'ctre report' read),
    runs.csv (a line for each training there) with runs.epochs.csv.gz, and curves.png. After an
    interruption the same command goes on where it was; what is there is never done again.
    """
    from ctre.cli.comparison_report import describe, tabulate
    from ctre.cli.consoles import results
    from ctre.cli.studies import do_here, open_study, save_picture
    from ctre.experiments import Experiment, curves_of, summarize
    from ctre.experiments.comparison_picture import draw_comparison

    check_methods(methods)
    chosen = chosen_keywords(keywords)
    check_meaning(methods, keywords)
    facts, settings = open_study(
        data,
        chosen,
        protocol=protocol,
        target=target,
        file_format=file_format,
        test_fraction=test_fraction,
        data_home=data_home,
    )
    experiments = [
        Experiment.of(facts, {**settings, "method": method}, seed)
        for seed in range(n_seeds)
        for method in methods
    ]
    cells = do_here(
        experiments,
        out,
        n_jobs=n_jobs,
        n_threads=settings.get("n_threads"),
        data_home=data_home,
    )
    name = facts.source.name
    title = f"{name}: {n_seeds} seed{'s' if n_seeds > 1 else ''}"
    picture = out and save_picture(
        out / _PICTURE_FILE, lambda: draw_comparison(curves_of(cells), title=title)
    )
    report = describe(name, protocol, summarize(cells))
    report |= {"out": out and str(out), "picture": picture and str(picture)}
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        results().print(tabulate(report))
