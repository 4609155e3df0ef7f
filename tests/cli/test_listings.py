from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctre.datasets import CATALOGUE
from ctre.methods import RECIPES

PAGE = Path(__file__).parents[2] / "docs" / "methods.md"


def test_methods_are_listed_with_their_citation(ctre):
    lines = ctre("methods").stdout.splitlines()
    assert len(lines) == len(RECIPES) + 1
    for line, recipe in zip(lines[1:], RECIPES, strict=True):
        assert line.split()[0] == recipe.name
        assert recipe.summary in line
        assert recipe.citation.short in line


def test_methods_as_json(ctre):
    rows = json.loads(ctre("methods", "--json").stdout)["methods"]
    assert [row["name"] for row in rows] == [recipe.name for recipe in RECIPES]
    assert rows[0].keys() == {"name", "summary", "citation", "settings"}
    settings = {row["name"]: row["settings"] for row in rows}
    assert settings["snip"] == ["epsilon", "density"]
    assert settings["dense"] == []


def test_the_page_of_methods_is_what_the_command_prints(ctre):
    """After a new method: ctre methods --markdown > docs/methods.md."""
    page = ctre("methods", "--markdown").stdout
    assert page == PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for row, recipe in zip(rows, RECIPES, strict=True):
        assert row.startswith(f"| `{recipe.name}` | {recipe.summary} |")
        assert row.endswith(f"| {recipe.citation.short} |")
        assert row.count("|") == page.splitlines()[-len(RECIPES) - 2].count("|")


@pytest.mark.parametrize("args", [("--cite", "set", "--json"), ("--markdown", "--json")])
def test_one_form_at_a_time(ctre, args):
    assert "Give one of" in ctre("methods", *args, code=2).stderr


def test_a_method_is_cited_as_bibtex(ctre):
    assert ctre("methods", "--cite", "set").stdout.startswith("@article{mocanu2018scalable,")
    assert "Did you mean 'set'" in ctre("methods", "--cite", "sett", code=2).stderr


def test_data_sets_are_listed(ctre, tmp_path):
    lines = ctre("datasets", "--data-home", tmp_path).stdout.splitlines()
    assert len(lines) == len(CATALOGUE) + 1
    for line, record in zip(lines[1:], CATALOGUE, strict=True):
        for word in (record.name, record.n_train, record.n_features, record.source):
            assert str(word) in line
    assert " ".join(lines[1].split()[:6]) == "make-madelon 2000 600 500 2 yes"


def test_data_sets_tell_whether_they_are_here(ctre, tmp_path):
    def is_here():
        rows = json.loads(ctre("datasets", "--json", "--data-home", tmp_path).stdout)["datasets"]
        return {row["name"]: row["is_here"] for row in rows}

    before = is_here()
    assert not before["mnist"]
    assert before["iris"]
    (tmp_path / "mnist.npz").touch()
    assert is_here() == {**before, "mnist": True}
