"""A data set whose rows are a table, made numbers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace

from ctre.datasets import Dataset
from ctre.tables.encoder import TableEncoder, describe_unknown


def encode_dataset(
    dataset: Dataset, kinds: Mapping[str, str] | None = None
) -> tuple[Dataset, TableEncoder]:
    """Encode all rows as the training rows say; test rows of unknown categories are told of.

    Parameters
    ----------
    dataset : Dataset
        Its rows are a `Table`, those for testing too.
    kinds : mapping of str to str, optional
        What columns are, as `TableEncoder` has it.

    Raises
    ------
    InvalidDataError, InvalidParameterError
        As `TableEncoder.fit`.
    """
    encoder = TableEncoder(kinds=kinds).fit(dataset.X_train)
    X_train, (X_test, unknown) = encoder.transform(dataset.X_train), encoder.encode(dataset.X_test)
    if unknown:
        warnings.warn(f"Test rows: {describe_unknown(unknown)}", stacklevel=2)
    paper_scale = "std" if encoder.is_sparse_ else dataset.paper_scale
    return replace(dataset, X_train=X_train, X_test=X_test, paper_scale=paper_scale), encoder
