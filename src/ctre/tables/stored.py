"""A fitted encoder as plain values for a file, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np

from ctre.tables.dates import PATTERNS
from ctre.tables.encoder import KINDS, TableEncoder
from ctre.tables.features import (
    DATE_PARTS,
    Boolean,
    Category,
    ColumnFeatures,
    Date,
    Dropped,
    Number,
)
from ctre.tree_file import Branch


def stored_encoder(encoder: TableEncoder) -> dict[str, Any]:
    """Give what a file has to hold: nested mappings, lists, text and numbers."""
    return {
        "min_frequency": int(encoder.min_frequency),
        "kinds": None if encoder.kinds is None else dict(encoder.kinds),
        "is_named": hasattr(encoder, "feature_names_in_"),
        "is_sparse": encoder.is_sparse_,
        "columns": [
            {"name": name, "kind": features.kind, **asdict(features)}
            for name, features in encoder.columns_.items()
        ],
    }


def restored_encoder(stored: Branch) -> TableEncoder:
    """Give the encoder again; it encodes what the stored one encodes, bit for bit.

    Raises
    ------
    InvalidDataError
        If a part is missing, or not as it must be.
    """
    kinds = stored.branch("kinds") if "kinds" in stored else None
    encoder = TableEncoder(
        min_frequency=stored.integer("min_frequency", 1),
        kinds=None if kinds is None else {name: kinds.choice(name, KINDS) for name in kinds.values},
    )
    encoder.columns_ = {}
    for column in stored.branches("columns"):
        name = column.text("name")
        column.require("name", name not in encoder.columns_, "a name of its own", name)
        kind = column.choice("kind", list(_RESTORED))
        encoder.columns_[name] = _RESTORED[kind](column)
    encoder.is_sparse_ = stored.boolean("is_sparse")
    encoder.n_features_in_ = len(encoder.columns_)
    if stored.boolean("is_named"):
        encoder.feature_names_in_ = np.array(list(encoder.columns_), dtype=object)
    return encoder


def _number(stored: Branch) -> Number:
    median, spread = stored.number("median"), stored.number("spread")
    stored.require("median", np.isfinite(median), "finite", median)
    stored.require("spread", 0 <= spread < np.inf, "finite and not below 0", spread)
    return Number(median, spread, stored.boolean("has_gaps"))


def _boolean(stored: Branch) -> Boolean:
    usual = stored.number("usual")
    stored.require("usual", usual in (0, 1), "0 or 1", usual)
    return Boolean(usual, stored.boolean("has_gaps"))


def _category(stored: Branch) -> Category:
    frequent, rare = stored.texts("frequent"), stored.texts("rare")
    stored.require("rare", len({*frequent, *rare}) == len(frequent) + len(rare), "new", rare)
    return Category(tuple(frequent), tuple(rare), stored.boolean("has_gaps"))


def _date(stored: Branch) -> Date:
    parts = stored.sequence("parts")
    known = [part for part in DATE_PARTS if part in parts]
    stored.require("parts", known == parts, f"some of {', '.join(DATE_PARTS)}, in order", parts)
    pattern = stored.choice("pattern", PATTERNS) if "pattern" in stored else None
    origin = stored.integer("origin", -(2**40), 2**40)
    return Date(_number(stored.branch("days")), origin, tuple(parts), pattern)


def _dropped(stored: Branch) -> Dropped:
    return Dropped(stored.text("why"))


_RESTORED: Mapping[str, Callable[[Branch], ColumnFeatures]] = MappingProxyType(
    {
        Number.kind: _number,
        Boolean.kind: _boolean,
        Category.kind: _category,
        Date.kind: _date,
        Dropped.kind: _dropped,
    }
)
