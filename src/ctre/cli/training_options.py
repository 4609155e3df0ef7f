"""The options that say how to train, for every command that trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from ctre.cli.options import (
    ALL,
    FRACTION,
    SCHEDULE,
    parse_candidates,
    parse_rows,
    parse_sizes,
)

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--protocol",
        type=click.Choice(["default", "paper"]),
        default="default",
        show_default=True,
        help="Settings of whatever is not set here.",
    ),
    click.option(
        "--hidden",
        "hidden_layer_sizes",
        callback=parse_sizes,
        metavar="N,N,…",
        help="Neurons of each hidden layer.  [default: 1000,1000,1000]",
    ),
    click.option(
        "--epsilon",
        type=click.FloatRange(0, min_open=True),
        help="Erdős–Rényi knob: a layer gets epsilon * (n_pre + n_post) connections.  [default: 1]",
    ),
    click.option(
        "--density",
        type=click.FloatRange(0, 1, min_open=True),
        help="Instead of --epsilon: share of its places that every layer connects.",
    ),
    click.option("--batch-size", type=click.IntRange(1), help="Rows per step.  [default: 100]"),
    click.option(
        "--learning-rate",
        "learning_rate_init",
        type=click.FloatRange(0, min_open=True),
        help="Where the learning rate starts.  [default: 0.05; paper: 0.01]",
    ),
    click.option(
        "--schedule",
        "learning_rate",
        type=SCHEDULE,
        help="How the learning rate falls.  [default: cosine; paper: constant]",
    ),
    click.option(
        "--momentum",
        type=click.FloatRange(0, 1, max_open=True),
        help="Nesterov momentum of SGD.  [default: 0.9]",
    ),
    click.option(
        "--l2",
        "alpha",
        type=click.FloatRange(0),
        help="L2 penalty on the weights.  [default: 0.0001]",
    ),
    click.option(
        "--zeta",
        "drop_fraction",
        type=click.FloatRange(0, 1),
        help="Share of the connections that is replaced after an epoch.  [default: 0.2]",
    ),
    click.option(
        "--zeta-schedule",
        "drop_fraction_schedule",
        type=SCHEDULE,
        help="How that share falls.  [default: cosine; paper: constant]",
    ),
    click.option(
        "--update-interval",
        type=click.IntRange(1),
        help="Epochs from one topology update to the next.  [default: 1]",
    ),
    click.option(
        "--update-until",
        type=click.FloatRange(0, 1),
        help="Share of the epochs after which the topology is left alone.  [default: 1]",
    ),
    click.option(
        "--patience",
        type=click.IntRange(1),
        help="Epochs without a better validation accuracy until ctre-seq grows at random.  "
        "[default: 40]",
    ),
    click.option(
        "--init",
        "weight_init",
        type=click.Choice(["uniform", "normal"]),
        help="Distribution of first weights.  [default: normal; paper: uniform]",
    ),
    click.option(
        "--similarity-samples",
        callback=parse_rows,
        metavar="all|N|FRACTION",
        help="Training rows that similarity is measured on.  [default: 128; paper: all]",
    ),
    click.option(
        "--similarity-candidates",
        callback=parse_candidates,
        metavar="all|N",
        help="Random absent pairs whose similarity is measured for each connection to grow: all "
        "of them, or 1 (no choice, as set) and more.  [default: all]",
    ),
    click.option(
        "--scale",
        type=click.Choice(["minmax", "standard", "std", "none"]),
        help="How columns are scaled, fitted on the training rows: to [0, 1]; to mean 0 and "
        "standard deviation 1; to standard deviation 1 without centring; not at all.  [default: "
        "what suits the data]",
    ),
    click.option(
        "--target",
        metavar="COLUMN",
        help="Column of the labels in a CSV or TSV file: name or number.",
    ),
    click.option(
        "--test-fraction",
        type=FRACTION,
        help="Share of the rows set aside for testing where the data come without test rows, "
        "stratified by class.  [default: 0.2]",
    ),
    click.option(
        "--threads",
        "n_threads",
        type=click.IntRange(1),
        help="The result does not depend on it.  [default: by the work per batch]",
    ),
)


def training_options(command: _Command) -> _Command:
    """Add the options of training but for method, epochs and seed, in which commands differ."""
    for option in reversed(_OPTIONS):  # as decorators above each other would
        command = option(command)
    return command


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
    for name in ("similarity_samples", "similarity_candidates"):
        if chosen.get(name) == ALL:
            chosen[name] = None
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
    from ctre.methods import METHOD_SETTINGS, get_recipe, settings_of

    settings = {method: settings_of(get_recipe(method)) for method in methods}
    for option in click.get_current_context().command.params:
        if option.name not in METHOD_SETTINGS or keywords[option.name] is None:
            continue
        without = [method for method in methods if option.name not in settings[method]]
        what = f"{option.opts[0]} makes no difference to {', '.join(without)}"
        if len(without) == len(methods):
            raise click.UsageError(f"{what}; leave it out, or choose another method.")
        if without:
            click.echo(f"Note: {what}.", err=True)
