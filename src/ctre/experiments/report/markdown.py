"""A report as Markdown, with its pictures in a folder beside it."""

from __future__ import annotations

from collections.abc import Iterator

from ctre.experiments.report.document import Picture, Report, Table, Value


def as_markdown(report: Report, pictures: str | None) -> str:
    """Write a report as Markdown (GitHub's tables).

    Parameters
    ----------
    report : Report
        What to write.
    pictures : str or None
        Where its pictures are, as the page links to them; None leaves them out.
    """
    lines = [f"# {report.title}", ""]
    for section in report.sections:
        lines += [f"## {section.title}", ""]
        for part in section.parts:
            if isinstance(part, str):
                lines += [part, ""]
            elif isinstance(part, Table):
                lines += [f"### {part.title}", "", *_table(part), ""]
                lines += [part.note, ""] if part.note else []
            elif pictures is not None:
                lines += [f"![{part.title}]({pictures}/{part.name}.svg)", "", part.title, ""]
                lines += [part.note, ""] if part.note else []
    return "\n".join(lines).rstrip() + "\n"


def pictures_of(report: Report) -> list[Picture]:
    """Gather the pictures of a report, in order."""
    return [
        part for section in report.sections for part in section.parts if isinstance(part, Picture)
    ]


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.headers)} |"
    places = ["---"] * table.n_labels + ["--:"] * (len(table.headers) - table.n_labels)
    yield f"|{'|'.join(places)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(_value, row))} |"


def _value(value: Value) -> str:
    text = value.text.replace("|", "\\|")
    if value.is_best:
        text = f"**{text}**"
    below = value.below.replace("|", "\\|")
    return f"{text}<br>{below}" if below else text
