"""One description of what all estimators share, shown by the help of each."""

from __future__ import annotations

import re

_TITLE = re.compile(r"^ {4}(\w+)\n {4}-+\n", re.MULTILINE)


def with_shared_sections(own: str | None, shared: str | None) -> str | None:
    """Put the sections of a shared numpydoc docstring into an own one.

    A section that both have begins with the shared lines. The shared sections come first, in their
    order, as numpydoc wants Examples last.

    Parameters
    ----------
    own, shared : str or None
        Docstrings of classes; None where Python strips them (``-OO``).
    """
    if own is None or shared is None:
        return own
    summary, own_sections = _taken_apart(own)
    _, shared_sections = _taken_apart(shared)
    titles = dict.fromkeys([*shared_sections, *own_sections])
    texts = [summary]
    for title in titles:
        lines = [part[title] for part in (shared_sections, own_sections) if title in part]
        joint = "\n" if title in ("Parameters", "Attributes") else "\n\n"
        texts.append(f"{title}\n    {'-' * len(title)}\n    {(joint + '    ').join(lines)}")
    return "\n\n    ".join(texts) + "\n    "


def _taken_apart(docstring: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into what comes before its sections, and those by title."""
    summary, *rest = _TITLE.split(docstring)
    texts = [text.strip() for text in rest[1::2]]
    return summary.strip(), dict(zip(rest[::2], texts, strict=True))
