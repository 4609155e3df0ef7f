"""What became of the columns of a table, one line a kind."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from ctre.tables import Category, Date, Dropped, TableEncoder
from ctre.tables.dates import ISO

_HEADINGS = {
    "number": "Numeric",
    "category": "Categorical",
    "boolean": "Boolean",
    "date": "Dates",
    "dropped": "Dropped",
}
_MOST_CHARACTERS = 72


def describe_columns(encoder: TableEncoder) -> list[dict[str, Any]]:
    """Gather what was learned of every column, ready for JSON."""
    columns = []
    for name, features in encoder.columns_.items():
        record = {
            "name": name,
            "kind": features.kind,
            "n_features": len(features.features),
            "has_gaps": " is missing" in features.features,
        }
        match features:
            case Category(frequent, rare, _):
                record |= {"n_frequent": len(frequent), "n_rare": len(rare)}
            case Date(pattern=pattern):
                record |= {"pattern": pattern}
            case Dropped(why):
                record |= {"why": why}
        columns.append(record)
    return columns


def summarize_columns(columns: list[dict[str, Any]]) -> Table:
    """Lay them out for people: how many of each kind, and their names as far as they fit."""
    lines = Table.grid(padding=(0, 3))
    lines.add_column(style="dim")
    lines.add_column(justify="right", style="bold")
    lines.add_column()
    for kind, heading in _HEADINGS.items():
        own = [column for column in columns if column["kind"] == kind]
        if own:
            lines.add_row(heading, str(len(own)), Text(_names(own, shorten=kind != "dropped")))
    return lines


def _names(columns: list[dict[str, Any]], *, shorten: bool) -> str:
    """Join names until the line is full; of what was dropped, none is left out below fifty."""
    words = [_one(column) for column in columns]
    shown, length = 0, 0
    for word in words:
        length += len(word) + 2
        if shorten and shown and length > _MOST_CHARACTERS:
            break
        shown += 1
    shown = shown if shorten else min(len(words), 50)
    gaps = sum(column["has_gaps"] for column in columns)
    line = ", ".join(words[:shown]) + (", …" if shown < len(words) else "")
    return f"{line} ({gaps} with gaps)" if gaps else line


def _one(column: dict[str, Any]) -> str:
    if column["kind"] == "dropped":
        return f"{column['name']} ({column['why']})"
    if column["kind"] == "category":
        rare = f" + {column['n_rare']} rare" if column["n_rare"] else ""
        return f"{column['name']} ({column['n_frequent']}{rare})"
    if column["kind"] == "date" and column["pattern"] not in (None, ISO):
        return f"{column['name']} (read as {column['pattern']})"
    return str(column["name"])
