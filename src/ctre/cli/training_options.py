"""The options that say how to train, for every command that trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from ctre.cli.file_options import file_options
from ctre.cli.options import FRACTION
from ctre.cli.parameter_options import parameter_option
from ctre.estimators.parameters import PARAMETERS, USED_BY_SOME

_Command = TypeVar("_Command", bound=Callable[..., Any])

_APART = ("method", "max_iter", "random_state")  # commands differ in these
_OPTIONS = (
    click.option(
        "--protocol",
        type=click.Choice(["default", "paper"]),
        default="default",
        show_default=True,
        help="Settings of whatever is not set here.",
    ),
    *(
        parameter_option(parameter.name)
        for parameter in PARAMETERS
        if parameter.option is not None and parameter.name not in _APART
    ),
    click.option(
        "--target",
        metavar="COLUMN",
        help="Column of the labels in a table: name or number.",
    ),
    click.option(
        "--test-fraction",
        type=FRACTION,
        help="Share of the rows set aside for testing where the data come without test rows, "
        "stratified by class.  [default: 0.2]",
    ),
)


def training_options(command: _Command) -> _Command:
    """Add the options of training but for method, epochs and seed, in which commands differ."""
    for option in reversed(_OPTIONS):  # as decorators above each other would
        command = option(command)
    return file_options(command)


def chosen_keywords(keywords: dict[str, Any]) -> dict[str, Any]:
    """Keep the estimator keywords that were set, in the form the estimator takes them."""
    chosen = {name: value for name, value in keywords.items() if value is not None}
    if "epsilon" in chosen and "density" in chosen:
        raise click.UsageError(
            "Give either --epsilon or --density, not both "
            f"(got {chosen['epsilon']:g} and {chosen['density']:g})."
        )
    if "density" in chosen:
        chosen["epsilon"] = None
    for parameter in PARAMETERS:
        word = parameter.option and parameter.option.none_word
        if word is not None and chosen.get(parameter.name) == word:
            chosen[parameter.name] = None
    return chosen


def check_meaning(methods: Sequence[str], keywords: Mapping[str, Any]) -> None:
    """See that every option that was set makes a difference to the methods.

    One that does to some of them only is noted on stderr.

    Raises
    ------
    click.UsageError
        If one makes no difference to any.
    UnknownNameError
        If there is no such method.
    """
    from ctre.estimators.assembly import names_used_by
    from ctre.methods import get_recipe

    used = {method: names_used_by(get_recipe(method)) for method in methods}
    for parameter in USED_BY_SOME:
        if parameter.option is None or keywords.get(parameter.name) is None:
            continue
        without = [method for method in methods if parameter.name not in used[method]]
        what = f"{parameter.option.flag} makes no difference to {', '.join(without)}"
        if len(without) == len(methods):
            raise click.UsageError(f"{what}; leave it out, or choose another method.")
        if without:
            click.echo(f"Note: {what}.", err=True)
