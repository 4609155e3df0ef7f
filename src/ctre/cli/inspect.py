"""``ctre inspect``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ctre.cli.options import json_option

_SUFFIXES = (".png", ".svg", ".pdf")


def _check_suffix(_: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in _SUFFIXES:
        raise click.BadParameter(f"{value} must end in {', '.join(_SUFFIXES)}.", param=param)
    return value


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--inputs",
    "n_inputs",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    metavar="N",
    help="How many of the most important inputs to show.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_check_suffix,
    metavar="FILE",
    help="Draw inputs and layers into a file, .png, .svg or .pdf.",
)
@json_option
def inspect(model: Path, n_inputs: int, plot: Path | None, as_json: bool) -> None:
    """Say what is in a model file.

    MODEL is the folder that 'ctre train --out' wrote, or its model.safetensors. Shown are what
    it learned, by which method and settings, its size, its layers with their connections and
    degrees (connections into and out of a neuron: fewest, median, most), and the most important
    inputs by name. The importance of an input is its share of the magnitudes of the first
    layer's weights.
    """
    from ctre.cli.consoles import results
    from ctre.cli.inspection import describe, draw, summarize
    from ctre.cli.run_folder import prepare_folder
    from ctre.persistence import load_model, model_path
    from ctre.whole_file import whole_file

    if plot is not None:
        prepare_folder(plot.parent)
    saved, file = load_model(model), model_path(model)
    record = describe(saved, file, n_inputs)
    if plot is not None:
        picture = draw(saved, file, plot.suffix[1:].lower())
        with whole_file(plot) as opened:
            opened.write(picture)
    record["picture"] = plot and str(plot)
    if as_json:
        click.echo(json.dumps(record, indent=2))
    else:
        results().print(summarize(record))
