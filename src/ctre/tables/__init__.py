"""Tables as people have them: numbers, categories, booleans, dates, and gaps in all of them."""

from ctre.tables.columns import Column, Table
from ctre.tables.encoded import encode_dataset
from ctre.tables.encoder import TableEncoder, UnknownCategoriesWarning
from ctre.tables.features import Boolean, Category, ColumnFeatures, Date, Dropped, Number
from ctre.tables.frames import as_table, labelled_table
from ctre.tables.pipeline import (
    column_importances,
    make_table_pipeline,
    scaling_for_features,
    table_pipeline,
)

__all__ = [
    "Boolean",
    "Category",
    "Column",
    "ColumnFeatures",
    "Date",
    "Dropped",
    "Number",
    "Table",
    "TableEncoder",
    "UnknownCategoriesWarning",
    "as_table",
    "column_importances",
    "encode_dataset",
    "labelled_table",
    "make_table_pipeline",
    "scaling_for_features",
    "table_pipeline",
]
