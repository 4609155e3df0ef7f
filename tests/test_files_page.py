"""The examples of docs/files.md, and of the README on the same, run as a reader would run them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def blocks():
    for page in ("docs/files.md", "README.md"):
        path = ROOT / page
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
            if page == "docs/files.md" or "Checkpoint" in block:
                yield block


@pytest.mark.skipif((ROOT / "PKG-INFO").exists(), reason="a source distribution has no docs")
@pytest.mark.parametrize("number", range(3))
def test_an_example_runs(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = list(blocks())
    assert len(found) == 3
    block = found[number]
    exec(block, {})
    said = re.findall(r"# (SavedFit.*)", block)
    assert capsys.readouterr().out.splitlines() == said
