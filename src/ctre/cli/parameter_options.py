"""Options of the command line, made from the table of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ctre.estimators.parameters import PARAMETERS, Parameter
from ctre.estimators.rules import Integer, Number, OneOf, Or, RowCount, Rule, Seed, Sizes

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Parse = Callable[[click.Context, click.Parameter, Any], Any]


def parameter_option(name: str) -> Callable[[_Command], _Command]:
    """Make the option of one parameter; the command gets its value under the parameter's name."""
    (parameter,) = (line for line in PARAMETERS if line.name == name)
    option = parameter.option
    assert option is not None, f"{name} is no option"
    rule = parameter.rule.rule if isinstance(parameter.rule, Or) else parameter.rule
    parse = _parser(rule, option.none_word)
    return click.option(
        option.flag,
        parameter.name,
        type=None if parse else _click_type(rule),
        callback=parse,
        metavar=option.metavar,
        default=option.default,
        help=f"{option.help}{_default_words(parameter)}",
    )


def _click_type(rule: Rule | None) -> click.ParamType[Any] | None:
    match rule:
        case Integer(at_least):
            return click.IntRange(at_least)
        case Seed():
            return click.IntRange(0)
        case Number(low, high, low_open, high_open):
            highest = None if high == float("inf") else high
            return click.FloatRange(low, highest, min_open=low_open, max_open=high_open)
        case OneOf(names):
            return click.Choice(names)
    return None


def _parser(rule: Rule | None, none_word: str | None) -> _Parse | None:
    match rule:
        case Sizes():
            return _parse_sizes
        case RowCount():
            return _or_word(_parse_rows, none_word)
        case Integer() if none_word is not None:
            return _or_word(_parse_count, none_word)
    return None


def _default_words(parameter: Parameter) -> str:
    option = parameter.option
    assert option is not None
    if option.default_words is not None:
        return f"  [default: {option.default_words}]"
    usual = parameter.default if option.default is None else option.default
    words = _word(usual, option.none_word)
    if words is None:
        return ""
    if parameter.in_protocol and parameter.paper != parameter.default:
        words += f"; paper: {_word(parameter.paper, option.none_word)}"
    return f"  [default: {words}]"


def _word(value: Any, none_word: str | None) -> str | None:
    if value is None:
        return none_word
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _or_word(parse: _Parse, word: str | None) -> _Parse:
    """Let a word through that stands for None, which itself means that nothing was said."""

    def parsed(context: click.Context, param: click.Parameter, value: str | None) -> Any:
        return value if value is None or value == word else parse(context, param, value)

    return parsed


def _parse_sizes(
    _: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Turn "1000,1000" into a tuple of positive integers."""
    if value is None:
        return None
    sizes = [size.strip() for size in value.split(",")]
    if not all(size.isdecimal() and int(size) >= 1 for size in sizes):
        raise click.BadParameter(
            f"{value!r} must be numbers of neurons with commas between, as in 1000,1000.",
            param=param,
        )
    return tuple(map(int, sizes))


def _parse_rows(_: click.Context, param: click.Parameter, value: str) -> int | float:
    """Turn "512" or "0.25" into an integer or a number in (0, 1)."""
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    try:
        share = float(value)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise click.BadParameter(
            f"{value!r} must be 'all', a number of rows, or a share of them such as 0.25.",
            param=param,
        )
    return share


def _parse_count(_: click.Context, param: click.Parameter, value: str) -> int:
    """Turn "5" into an integer."""
    if not (value.isdecimal() and int(value) >= 1):
        raise click.BadParameter(f"{value!r} must be 'all' or a number of pairs.", param=param)
    return int(value)
