"""What ``--task`` stands for: classes or numbers."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias, get_args

import click
import numpy as np

from ctre.datasets import Dataset
from ctre.datasets.labels import looks_measured

TaskName: TypeAlias = Literal["classification", "regression"]
TASKS: tuple[TaskName, ...] = get_args(TaskName)


class Task(NamedTuple):
    """What is to be learned, and why."""

    name: TaskName
    why: str

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted."""
        return self.name == "regression"


def choose_task(asked: str, dataset: Dataset) -> tuple[Task, Dataset]:
    """Decide what the labels are, and give the data set with labels of that type.

    Parameters
    ----------
    asked : {"auto", "classification", "regression"}
        "auto" looks at the labels as `sklearn.utils.multiclass.type_of_target` does: numbers with
        fractions are measurements, all else are classes. Whole numbers of which most occur once
        may be either: then the user is asked.
    dataset : Dataset
        Its labels decide.

    Raises
    ------
    click.UsageError
        If the labels are not what was asked for, or the user has to be asked and no terminal is
        there.
    """
    y = dataset.y_train
    target = "The labels" if dataset.target_name is None else f"Column {dataset.target_name!r}"
    is_number, is_measured = y.dtype.kind in "iuf", y.dtype.kind == "f"  # 2.0 was read as 2
    if asked == "regression" and not is_number:
        raise click.UsageError(f"--task regression: {target} must be numbers, got {str(y[0])!r}.")
    if asked == "classification" and is_measured:
        odd = next(value for value in y.tolist() if not value.is_integer())
        raise click.UsageError(
            f"--task classification: {target} must be whole numbers or text, got {odd}."
        )
    if asked == "auto":
        task = _auto(dataset, target, is_measured=is_measured)
    else:
        task = Task("regression" if asked == "regression" else "classification", "as asked")
    if not task.is_regression:
        return task, dataset
    test = None if dataset.y_test is None else dataset.y_test.astype(np.float64)
    return task, replace(dataset, y_train=y.astype(np.float64), y_test=test)


def _auto(dataset: Dataset, target: str, *, is_measured: bool) -> Task:
    y = dataset.y_train
    classes, counts = np.unique(y, return_counts=True)
    if is_measured:
        return Task("regression", f"{target}: numbers with fractions")
    is_whole = y.dtype.kind in "iu"
    if looks_measured(y):
        what = f"{target}: {len(classes)} different {'numbers' if is_whole else 'labels'}, "
        what += f"{(counts == 1).sum()} of them once."
        if is_whole and _is_measurement(what):
            return Task("regression", "as answered")
        if not is_whole:
            raise click.UsageError(
                f"{what} Are they names of the rows? --target 'NAME' names another column; if they "
                "are classes, say --task classification."
            )
        return Task("classification", "as answered")
    kind = "whole numbers" if is_whole else "text"
    return Task("classification", f"{target}: {kind}, {len(classes)} different ones")


def _is_measurement(what: str) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"{what} Is it a measurement? Then add --task regression, else --task classification; "
            "--target 'NAME' names another column."
        )
    return click.confirm(f"{what} Is it a measurement?", default=True, err=True)
