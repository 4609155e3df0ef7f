"""``ctre methods`` and ``ctre datasets``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctre.cli.options import data_home_option, json_option

if TYPE_CHECKING:
    from rich.table import Table

_PAGE = """\
# Methods

What `ctre train --method NAME` and `SparseMLPClassifier(method="NAME")` know. A dot marks the
settings that make a difference to a method; the estimator ignores the others, and the command line
refuses them.
`ctre methods --cite NAME` prints the reference, `ctre methods --markdown` this page.
"""


@click.command()
@click.option("--cite", metavar="NAME", help="Print the BibTeX entry of one method instead.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a page of documentation.")
@json_option
def methods(cite: str | None, as_markdown: bool, as_json: bool) -> None:
    """List the methods: what each grows, and where it was published."""
    from ctre.cli.consoles import results
    from ctre.estimators.assembly import names_used_by
    from ctre.estimators.parameters import USED_BY_SOME
    from ctre.methods import RECIPES, get_recipe

    if (cite is not None) + as_markdown + as_json > 1:
        raise click.UsageError("Give one of --cite, --markdown and --json.")
    if cite is not None:
        click.echo(get_recipe(cite).citation.bibtex)
    elif as_markdown:
        click.echo(_PAGE)
        used = [names_used_by(recipe) for recipe in RECIPES]
        dots: dict[tuple[str, ...], list[str]] = {}  # column -> parameters that share it
        for parameter in USED_BY_SOME:
            column = tuple("•" if parameter.name in names else "" for names in used)
            dots.setdefault(column, []).append(f"`{parameter.name}`")
        _echo_row(["name", "grows", *map(", ".join, dots.values()), "published"])
        _echo_row(["---", "---", *[":-:"] * len(dots), "---"])
        for recipe, *cells in zip(RECIPES, *dots, strict=True):
            _echo_row([f"`{recipe.name}`", recipe.summary, *cells, recipe.citation.short])
    elif as_json:
        rows = [
            {
                "name": recipe.name,
                "summary": recipe.summary,
                "citation": recipe.citation.short,
                "settings": [
                    parameter.name
                    for parameter in USED_BY_SOME
                    if parameter.name in names_used_by(recipe)
                ],
            }
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


def _echo_row(cells: Sequence[str]) -> None:
    click.echo(f"| {' | '.join(cells)} |")


def _table(*headers: str) -> Table:
    from rich.table import Table

    return Table(*headers, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
