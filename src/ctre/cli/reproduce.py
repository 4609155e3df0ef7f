"""``ctre reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ctre.cli.options import data_home_option
from ctre.cli.study_options import parse_names, parse_numbers, seeds_option, work_options


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--datasets", callback=parse_names, metavar="NAME,…", help="Only these data sets.")
@click.option(
    "--sizes", callback=parse_numbers(int), metavar="N,…", help="Only so many hidden neurons."
)
@click.option("--epsilons", callback=parse_numbers(float), metavar="X,…", help="Only these.")
@click.option("--methods", callback=parse_names, metavar="NAME,…", help="Only these methods.")
@seeds_option
@click.option("--epochs", type=click.IntRange(1), help="In place of the paper's, to try it out.")
@work_options
@data_home_option
def reproduce(
    targets: tuple[str, ...],
    datasets: tuple[str, ...],
    sizes: tuple[int, ...],
    epsilons: tuple[float, ...],
    methods: tuple[str, ...],
    n_seeds: int,
    epochs: int | None,
    data_home: Path | None,
    **work: Any,
) -> None:
    """Do the experiments of the paper: table2 … table10, figure2 … figure13.

    Data sets that are not here are passed over with a word, unless --datasets names them.
    """
    from ctre.cli.data import facts_by_name
    from ctre.cli.studies import do_all
    from ctre.experiments.paper_grids import experiments_of, get_target, narrowed

    grids = narrowed(
        [grid for target in targets for grid in get_target(target)],
        datasets=datasets,
        sizes=sizes,
        epsilons=epsilons,
        methods=methods,
        epochs=epochs,
    )
    names = list(dict.fromkeys(name for grid in grids for name in grid.datasets))
    facts = facts_by_name(names, data_home, fetch=bool(datasets))
    do_all(experiments_of(grids, n_seeds, facts), data_home=data_home, **work)
