"""Data sets: catalogued ones by name, one's own by file, and how to split them."""

from ctre.datasets.catalogue import CATALOGUE
from ctre.datasets.entry import DatasetRecord
from ctre.datasets.file_format import FORMAT_NAMES, FileFormat, KnownFile
from ctre.datasets.files import is_table, read_file, read_raw_table, read_samples
from ctre.datasets.labels import labels_like
from ctre.datasets.loading import is_here, load
from ctre.datasets.numeric import as_numbers
from ctre.datasets.raw_table import RawTable
from ctre.datasets.record import Dataset, LabelledTable
from ctre.datasets.splitting import split
from ctre.datasets.synthetic import make_madelon

__all__ = [
    "CATALOGUE",
    "FORMAT_NAMES",
    "Dataset",
    "DatasetRecord",
    "FileFormat",
    "KnownFile",
    "LabelledTable",
    "RawTable",
    "as_numbers",
    "is_here",
    "is_table",
    "labels_like",
    "load",
    "make_madelon",
    "read_file",
    "read_raw_table",
    "read_samples",
    "split",
]
