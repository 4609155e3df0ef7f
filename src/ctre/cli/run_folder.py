"""What a run leaves in its folder."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ctre.cli.run import Run
from ctre.errors import MissingExtraError
from ctre.figure_style import as_png
from ctre.persistence import MODEL_FILE, encode_model
from ctre.pictures import draw_run
from ctre.training import EpochRecord, History
from ctre.whole_file import whole_files

_PICTURE_FILE = "run.png"


def prepare_folder(folder: Path) -> None:
    """Make the folder, and see that it can be written to before hours are spent.

    Raises
    ------
    OSError
        If not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # a device, say
        name = str(folder)
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def save_run(run: Run, report: dict[str, Any], folder: Path) -> Path | None:
    """Write model, history, report and picture; all are complete before the first is in place.

    Parameters
    ----------
    run, report
        What there is to keep.
    folder : Path
        An existing folder.

    Returns
    -------
    Path or None
        The picture; None, with a warning, if matplotlib is not installed. Then a picture of an
        earlier run in this folder is removed, as it would belong to nothing there.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    contents = {
        MODEL_FILE: encode_model(
            run.model,
            feature_names=run.column_names,
            target=run.dataset.target_name,
            file_format=run.dataset.file_format.as_json(),
        ),
        "history.csv": _history_table(run.estimator.history_).encode(),
        "run.json": (json.dumps(report, indent=2) + "\n").encode(),
    }
    try:
        contents[_PICTURE_FILE] = _picture(run)
    except MissingExtraError as error:
        warnings.warn(str(error), stacklevel=2)
    with whole_files([folder / name for name in contents]) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content)
    picture = folder / _PICTURE_FILE
    if _PICTURE_FILE not in contents:
        picture.unlink(missing_ok=True)
        return None
    return picture


def _history_table(history: History) -> str:
    """Write one line per epoch; what has a value per layer gets a column per layer, from 1."""
    rows = [_flatten(record) for record in history]
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _flatten(record: EpochRecord) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, value in asdict(record).items():
        if isinstance(value, tuple):
            row |= {f"{name}_{layer}": count for layer, count in enumerate(value, start=1)}
        else:
            row[name] = value
    return row


def _picture(run: Run) -> bytes:
    estimator, dataset = run.estimator, run.dataset
    assert dataset.y_test is not None
    title = (
        f"{dataset.name}, {estimator.method}: {run.scores.headline} with "
        f"{estimator.n_connections_:,} connections ({100 * estimator.density_:.3g} % of dense)"
    )
    figure = draw_run(
        estimator.history_,
        run.degrees,
        title=title,
        feature_names=run.input_names,
        informative=dataset.informative,
        image_shape=dataset.image_shape,
        regression=(dataset.y_test, run.predicted) if run.opened.task.is_regression else None,
    )
    return as_png(figure)
