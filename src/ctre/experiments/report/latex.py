"""The tables of a report as LaTeX, for papers: booktabs, one table environment each."""

from __future__ import annotations

from collections.abc import Iterator

from ctre.experiments.report.document import Report, Table, Value

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "−": "$-$", "σ": r"$\sigma$", "ε": r"$\varepsilon$", "δ": r"$\delta$",
    "≠": r"$\neq$", "∞": r"$\infty$", "–": "--", "“": "``", "”": "''",
}  # fmt: skip


def as_latex(report: Report) -> str:
    r"""Write the tables of a report; they need the packages booktabs and makecell."""
    lines = [r"% needs \usepackage{booktabs} and \usepackage{makecell}"]
    for section in report.sections:
        for part in section.parts:
            if isinstance(part, Table):
                lines += ["", *_table(part)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> Iterator[str]:
    places = "l" * table.n_labels + "r" * (len(table.headers) - table.n_labels)
    yield r"\begin{table}"
    yield rf"\caption{{{_escaped(' '.join(filter(None, (table.title + '.', table.note))))}}}"
    yield rf"\begin{{tabular}}{{{places}}}"
    yield r"\toprule"
    yield " & ".join(map(_escaped, table.headers)) + r" \\"
    yield r"\midrule"
    for row in table.rows:
        yield " & ".join(map(_value, row)) + r" \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield r"\end{table}"


def _value(value: Value) -> str:
    text = _escaped(value.text)
    if value.is_best:
        text = rf"\textbf{{{text}}}"
    return rf"\makecell[r]{{{text}\\\scriptsize {_escaped(value.below)}}}" if value.below else text


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
