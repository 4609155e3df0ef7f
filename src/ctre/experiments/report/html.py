"""A report as one HTML file that needs nothing else: no server, no network, no other file."""

from __future__ import annotations

import importlib.resources
import io
import re
from collections.abc import Iterator
from html import escape
from string import Template
from typing import TYPE_CHECKING

from ctre.errors import MissingExtraError
from ctre.experiments.report.document import Picture, Report, Section, Table, Value
from ctre.figure_style import FAINT, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_THEMED = {INK: "var(--ink)", QUIET: "var(--quiet)", FAINT: "var(--line)", "#ffffff": "none"}
"""Colours of pictures that follow the page's, so that both read on light and on dark."""


def as_html(report: Report) -> str:
    """Write a report as a page that can be read on a phone, sorted, and in the dark.

    Pictures are left out, with a word, if matplotlib is not installed.
    """
    page = Template((importlib.resources.files(__package__) / "page.html").read_text("utf-8"))
    links = "".join(
        f'<a href="#{_anchor(section)}">{escape(section.title)}</a>' for section in report.sections
    )
    return page.substitute(
        title=escape(report.title),
        links=links,
        body="\n".join(line for section in report.sections for line in _section(section)),
    )


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{_anchor(section)}"><h2>{escape(section.title)}</h2>'
    for part in section.parts:
        if isinstance(part, str):
            yield f"<p>{escape(part)}</p>"
        elif isinstance(part, Table):
            yield from _table(part)
        else:
            yield from _picture(part)
    yield "</section>"


def _anchor(section: Section) -> str:
    return re.sub(r"[^a-z0-9]+", "-", section.title.lower()).strip("-")


def _table(table: Table) -> Iterator[str]:
    yield f"<h3>{escape(table.title)}</h3>"
    yield '<div class="scroll" tabindex="0"><table><thead><tr>'
    for number, header in enumerate(table.headers):
        kind = "label" if number < table.n_labels else "number"
        yield (
            f'<th scope="col" class="{kind}"><button type="button">{escape(header)}</button></th>'
        )
    yield "</tr></thead><tbody>"
    for row in table.rows:
        cells = "".join(_value(value, number < table.n_labels) for number, value in enumerate(row))
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table></div>"
    if table.note:
        yield f'<p class="note">{escape(table.note)}</p>'


def _value(value: Value, is_label: bool) -> str:
    classes = ["label" if is_label else "number"]
    classes += ["best"] if value.is_best else []
    classes += ["off"] if value.is_off else []
    order = f' data-order="{value.order!r}"' if value.order is not None else ""
    below = f"<small>{escape(value.below)}</small>" if value.below else ""
    return f'<td class="{" ".join(classes)}"{order}>{escape(value.text)}{below}</td>'


def _picture(picture: Picture) -> Iterator[str]:
    yield f"<figure><figcaption>{escape(picture.title)}</figcaption>"
    try:
        yield f'<div class="scroll" tabindex="0">{as_svg(picture.draw(), picture.name)}</div>'
    except MissingExtraError as error:
        yield f'<p class="note">{escape(str(error))}</p>'
    if picture.note:
        yield f'<p class="note">{escape(picture.note)}</p>'
    yield "</figure>"


def as_svg(figure: Figure, name: str, *, themed: bool = True) -> str:
    """Draw a figure as SVG, the same every time; themed, its greys are the page's variables."""
    import matplotlib

    content = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    text = content.getvalue()
    text = text[text.index("<svg") :]
    if themed:
        for color, variable in _THEMED.items():
            text = text.replace(color, variable)
        text = text.replace("#000000", "var(--ink)")
        text = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{re.escape(name)}-", text)
    return text
