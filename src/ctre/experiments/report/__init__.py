"""What a store says, as a page: tables beside the paper's, tests, pictures."""

from ctre.experiments.report.contents import report_on
from ctre.experiments.report.document import Picture, Report, Section, Table, Value
from ctre.experiments.report.html import as_html
from ctre.experiments.report.latex import as_latex
from ctre.experiments.report.markdown import as_markdown

__all__ = [
    "Picture",
    "Report",
    "Section",
    "Table",
    "Value",
    "as_html",
    "as_latex",
    "as_markdown",
    "report_on",
]
