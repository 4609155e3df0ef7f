"""``ctre prune-study``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctre.cli.options import data_home_option, json_option
from ctre.cli.study_options import (
    check_methods,
    jobs_option,
    parse_epochs,
    parse_names,
    seeds_option,
    study_out_option,
)
from ctre.cli.training_options import check_meaning, chosen_keywords, training_options

if TYPE_CHECKING:
    from ctre.datasets import FileFormat

_PICTURE_FILE = "pruning.png"
_N_STEPS = 100


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
@jobs_option
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
    n_jobs: int,
    data_home: Path | None,
    as_json: bool,
    **keywords: Any,
) -> None:
    """Take trained networks apart and see how long they last.

    Connections leave in steps of 1 % of every layer: by magnitude and by the cosine similarity of
    their neurons, the least or the most important ones first, and at random. DATA and the options
    are those of 'ctre train'. The paper's figure 4 is

      ctre prune-study mnist --methods dense,set --epsilon 13 --protocol paper

    With --out DIR, the folder gets runs.db (the store that 'ctre store' and 'ctre report' read),
    runs.csv with runs.pruning.csv.gz (a line for each step), and pruning.png. After an interruption
    the same command goes on where it was; what is there is never done again.
    """
    from ctre.cli.consoles import results
    from ctre.cli.prune_report import describe, tabulate
    from ctre.cli.studies import do_here, open_study, save_picture
    from ctre.experiments import Experiment, prune_curves_of
    from ctre.experiments.prune_picture import draw_pruning

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
        Experiment.of(
            facts,
            {**settings, "method": method, "max_iter": n_epochs},
            seed,
            prune_steps=_N_STEPS,
        )
        for seed in range(n_seeds)
        for n_epochs in epochs
        for method in methods
    ]
    cells = do_here(
        experiments,
        out,
        n_jobs=n_jobs,
        n_threads=settings.get("n_threads"),
        data_home=data_home,
    )
    curves, name = prune_curves_of(cells), facts.source.name
    title = f"{name}: what is left when connections leave"
    picture = out and save_picture(out / _PICTURE_FILE, lambda: draw_pruning(curves, title=title))
    report = describe(name, protocol, n_seeds, curves)
    report |= {"out": out and str(out), "picture": picture and str(picture)}
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        results().print(tabulate(report))
