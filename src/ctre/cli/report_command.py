"""``ctre report``."""

from __future__ import annotations

from pathlib import Path

import click

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument(
    "path", metavar="STORE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--html", type=_OUT, help="One page that needs no other file.")
@click.option("--markdown", type=_OUT, help="Its pictures go into NAME-pictures beside it.")
@click.option("--latex", type=_OUT, help="The tables alone.")
@click.option("--title", default="Results", show_default=True)
@click.option(
    "--notes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file of what is known of differences from the paper: [[note]] tables with 'says', "
    "and any of table, dataset, method, size, epsilon, variant for the cells it is about.",
)
def report(
    path: Path,
    html: Path | None,
    markdown: Path | None,
    latex: Path | None,
    title: str,
    notes: Path | None,
) -> None:
    """Report what the runs of STORE say: tables beside the paper's, tests, pictures.

    Without --html, --markdown or --latex, Markdown without pictures goes to stdout. STORE may also
    be a CSV file that 'ctre store export' wrote.
    """
    from ctre.cli.run_folder import prepare_folder
    from ctre.experiments.exchange import open_results
    from ctre.experiments.report import as_html, as_latex, as_markdown, report_on
    from ctre.experiments.report.html import as_svg
    from ctre.experiments.report.markdown import pictures_of
    from ctre.experiments.report.notes import read_notes
    from ctre.whole_file import whole_file

    def write(file: Path, text: str) -> None:
        with whole_file(file) as opened:
            opened.write(text.encode())
        click.echo(f"Written: {file}", err=True)

    with open_results(path) as store:
        found = report_on(store, title=title, notes=read_notes(notes) if notes else ())
        if html is not None:
            write(html, as_html(found))
        if markdown is not None:
            folder = markdown.with_name(f"{markdown.stem}-pictures")
            prepare_folder(folder)
            for picture in pictures_of(found):
                drawn = as_svg(picture.draw(), picture.name, themed=False)
                write(folder / f"{picture.name}.svg", drawn)
            write(markdown, as_markdown(found, folder.name))
        if latex is not None:
            write(latex, as_latex(found))
        if html is markdown is latex is None:
            click.echo(as_markdown(found, None), nl=False)
