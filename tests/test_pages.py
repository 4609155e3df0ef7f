"""The examples of the pages, run as a reader would run them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ctre.cli import main
from ctre.errors import MissingExtraError

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))


def blocks(language):
    """Yield page and text of every block."""
    for path in PAGES:
        found = re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), flags=re.DOTALL)
        for number, block in enumerate(found, 1):
            yield pytest.param(block, id=f"{path.name}, block {number}")


def commands():
    """Yield every call of the command, without its remark."""
    for parameter in blocks("console"):
        for line in parameter.values[0].splitlines():
            if call := re.match(r"\$ (ctre .*)", line):
                yield shlex.split(call[1], comments=True)[1:]


@pytest.mark.skipif((ROOT / "PKG-INFO").exists(), reason="a source distribution has no docs")
class TestPages:
    @pytest.mark.parametrize("block", list(blocks("python")))
    def test_an_example_runs(self, block, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        for extra in ("torch", "mlflow", "wandb"):
            if re.search(rf"^(import|from) {extra}\b", block, flags=re.MULTILINE):
                pytest.importorskip(extra)
        try:
            exec(block, {"__name__": "__main__"})
        except MissingExtraError as error:
            pytest.skip(str(error))
        said = re.findall(r"print\(.*\)  # (.*)", block)
        told = capsys.readouterr().out.splitlines()
        assert [line for line in told if line in said] == said

    @pytest.mark.parametrize("call", list(commands()), ids=" ".join)
    def test_a_command_has_the_options_that_are_shown(self, call, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "runs/first").mkdir(parents=True)
        (tmp_path / "runs/make-madelon").mkdir(parents=True)
        (tmp_path / "runs.db").touch()
        command = main.get_command(None, call[0])
        assert command is not None
        command.make_context(call[0], call[1:])

    def test_pages_have_examples(self):
        names = [parameter.id for parameter in blocks("python")]
        assert len([name for name in names if name.startswith("README.md")]) >= 5
        assert len(list(commands())) >= 9
