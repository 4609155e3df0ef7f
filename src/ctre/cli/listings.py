"""``ctre methods`` and ``ctre datasets``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctre.cli.options import data_home_option, json_option

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@click.option("--cite", metavar="NAME", help="Print the BibTeX entry of one method instead.")
@json_option
def methods(cite: str | None, as_json: bool) -> None:
    """List the methods: what each grows, and where it was published."""
    from ctre.cli.consoles import results
    from ctre.methods import RECIPES, get_recipe

    if cite is not None:
        click.echo(get_recipe(cite).citation.bibtex)
    elif as_json:
        rows = [
            {"name": recipe.name, "summary": recipe.summary, "citation": recipe.citation.short}
            for recipe in RECIPES
        ]
        click.echo(json.dumps({"methods": rows}, indent=2))
    else:
        table = _table("name", "grows", "published")
        for recipe in RECIPES:
            table.add_row(recipe.name, recipe.summary, recipe.citation.short)
        results().print(table)


@click.command()
@data_home_option
@json_option
def datasets(data_home: Path | None, as_json: bool) -> None:
    """List the catalogued data sets: size, origin, and whether they are here.

    What is not here is downloaded when it is first used.
    """
    from ctre.cli.consoles import results
    from ctre.datasets import CATALOGUE, is_here

    if as_json:
        rows = [
            {
                "name": record.name,
                "n_train": record.n_train,
                "n_test": record.n_test,
                "n_features": record.n_features,
                "n_classes": record.n_classes,
                "kind": record.kind,
                "source": record.source,
                "terms": record.terms,
                "is_here": is_here(record.name, data_home),
            }
            for record in CATALOGUE
        ]
        click.echo(json.dumps({"datasets": rows}, indent=2))
    else:
        table = _table("name", "training", "test rows", "columns", "classes", "here", "from")
        for record in CATALOGUE:
            sizes = (record.n_train, record.n_test, record.n_features, record.n_classes)
            here = "yes" if is_here(record.name, data_home) else "no"
            table.add_row(record.name, *map(str, sizes), here, record.source)
        for column in table.columns[1:5]:
            column.justify = "right"
        results().print(table)


def _table(*headers: str) -> Table:
    from rich.table import Table

    return Table(*headers, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
