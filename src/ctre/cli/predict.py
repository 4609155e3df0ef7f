"""``ctre predict``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctre.cli.file_options import file_options
from ctre.cli.options import data_home_option, json_option

if TYPE_CHECKING:
    from ctre.datasets import FileFormat

_SUFFIXES = (".csv", ".npz")


def _check_suffix(_: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix not in _SUFFIXES:
        raise click.BadParameter(f"{value} must end in {' or '.join(_SUFFIXES)}.", param=param)
    return value


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.argument("data")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_check_suffix,
    help="File for the predictions, .csv or .npz.  [default: CSV on stdout]",
)
@click.option(
    "--target",
    metavar="COLUMN",
    help="Column of the labels in a table, if it has any: name or number.  [default: "
    "the name it had in training]",
)
@file_options
@data_home_option
@json_option
def predict(
    model: Path,
    data: str,
    out: Path | None,
    target: str | None,
    file_format: FileFormat,
    data_home: Path | None,
    as_json: bool,
) -> None:
    """Predict the rows of a file with a trained model.

    MODEL is the folder that 'ctre train --out' wrote, or its model.safetensors. DATA is a file as
    'ctre train' takes it, with or without labels; of a catalogued data set, and of a file with
    test rows, the test rows are predicted. Columns are encoded and scaled as in training, in
    whatever order they come; rows with categories that training did not see are counted.

    A CSV file of predictions has a line for each row, counted from 1, with the predicted number,
    or the predicted class and the probability of every class; an NPZ file has the arrays
    prediction and, of classes, probability (n_rows, n_classes) and classes. Where the data have
    labels, it is told how good the predictions are.
    """
    from ctre.cli.data import known_file, open_samples
    from ctre.cli.prediction import predict_samples
    from ctre.cli.run_folder import prepare_folder
    from ctre.persistence import load_model
    from ctre.whole_file import whole_file

    if out is not None:
        prepare_folder(out.parent)
    saved = load_model(model)
    samples = open_samples(
        data,
        target=target,
        file_format=file_format,
        known=known_file(saved),
        kinds=None if saved.encoder is None else saved.encoder.learned_kinds,
        data_home=data_home,
    )
    predictions, unknown = predict_samples(saved, samples)
    if out is not None:
        content = predictions.as_npz() if out.suffix == ".npz" else predictions.as_csv().encode()
        with whole_file(out) as file:
            file.write(content)
    if as_json:
        record = {
            "n_rows": len(predictions.values),
            **predictions.as_report(),
            "n_labelled": predictions.n_labelled,
            "unknown_categories": unknown,
            "predictions": predictions.values.tolist() if out is None else None,
            "out": None if out is None else str(out),
        }
        click.echo(json.dumps(record, indent=2))
        return
    if out is None:
        click.echo(predictions.as_csv(), nl=False)
    else:
        click.echo(f"Predictions of {len(predictions.values)} rows: {out}")
    if predictions.summary is not None:
        n_rows, n_labelled = len(predictions.values), predictions.n_labelled
        of = "" if n_labelled == n_rows else f" of the {n_labelled} rows with a label"
        click.echo(f"{predictions.summary}{of}", err=out is None)
