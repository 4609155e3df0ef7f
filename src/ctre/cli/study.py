"""``ctre study``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ctre.cli.options import data_home_option
from ctre.cli.study_options import work_options


@click.command()
@click.argument("grid", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@work_options
@data_home_option
def study(grid: Path, data_home: Path | None, **work: Any) -> None:
    r"""Do the experiments of a grid.

    GRID is a TOML file in which every list is an axis:

    \b
    protocol = "paper"
    dataset = ["madelon", "mine.csv"]
    method = ["set", "ctre-seq"]
    epsilon = [1, 5]
    seeds = 3

    Further keys are the parameters of SparseMLPClassifier, and target, test_fraction, prune_steps,
    augmentation, updates_per_subset. A list of lists makes hidden_layer_sizes an axis; several
    [[grid]] tables share what stands above them.
    """
    from ctre.cli.studies import do_all
    from ctre.experiments.grid_file import read_grids

    do_all(read_grids(grid, data_home), data_home=data_home, **work)
