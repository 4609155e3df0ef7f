"""Data sets: catalogued ones by name, one's own by file, and how to scale and split them."""

from ctre.datasets.catalogue import CATALOGUE
from ctre.datasets.entry import DatasetRecord
from ctre.datasets.files import read_file, read_samples
from ctre.datasets.loading import is_here, load
from ctre.datasets.record import Dataset, KnownNames, LabelledTable
from ctre.datasets.splitting import split
from ctre.datasets.synthetic import make_madelon

__all__ = [
    "CATALOGUE",
    "Dataset",
    "DatasetRecord",
    "KnownNames",
    "LabelledTable",
    "is_here",
    "load",
    "make_madelon",
    "read_file",
    "read_samples",
    "split",
]
