"""Messages of the library, in the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Callable

import click


def in_options(message: str, command: click.Command | None) -> str:
    """Write the options of a command where the library names its parameters.

    A name is a parameter's where it has an underscore, where it begins a rule ("momentum must be
    …"), and where it gets a value (``delimiter=';'``). Elsewhere it is a word as others are.

    Parameters
    ----------
    message : str
        What an error says.
    command : click.Command or None
        The one that was run; None leaves the message as it is.
    """
    for option in command.params if command is not None else ():
        if isinstance(option, click.Option) and option.name is not None:
            message = _replace(message, option)
    return message


def _replace(message: str, option: click.Option) -> str:
    flag = option.opts[0]
    name = "format" if flag == "--format" else str(option.name)
    message = re.sub(
        rf"(?<![\w.]){name}=(True|False|'[^']*'|\d+(?:\.\d+)?)", _given(option), message
    )
    follows = r"(?!\w)" if "_" in name else r"(?= must\b)"
    return re.sub(rf"(?<![\w./'\"-]){name}{follows}(?![/.]\w)", flag, message)


def _given(option: click.Option) -> Callable[[re.Match[str]], str]:
    def write(found: re.Match[str]) -> str:
        value = found[1]
        if value == "True":
            return option.opts[0]
        if value == "False":
            return option.secondary_opts[0] if option.secondary_opts else f"no {option.opts[0]}"
        return f"{option.opts[0]} {value}"

    return write
