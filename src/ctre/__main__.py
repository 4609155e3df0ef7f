"""``python -m ctre`` is the ``ctre`` command."""

from ctre.cli import main

main(prog_name="ctre")
