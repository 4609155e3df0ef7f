"""The files that describe the project: what they name is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOOL = PYPROJECT["tool"]


def paths():
    yield from TOOL["pytest"]["ini_options"]["testpaths"]
    yield from TOOL["ruff"]["src"]
    yield from TOOL["scikit-build"]["wheel"]["packages"]
    yield TOOL["mypy"]["mypy_path"]
    yield PYPROJECT["project"]["readme"]
    yield from PYPROJECT["project"]["license-files"]
    for pattern in TOOL["ruff"]["lint"]["per-file-ignores"]:
        yield pattern.removesuffix("/**")
    for pattern in TOOL["scikit-build"]["sdist"]["exclude"]:
        yield pattern.removeprefix("/")


def modules():
    yield from TOOL["mypy"]["packages"]
    yield TOOL["importlinter"]["root_package"]
    for override in TOOL["mypy"]["overrides"]:
        yield from (
            name.removesuffix(".*") for name in override["module"] if name.startswith("ctre")
        )
    for contract in TOOL["importlinter"]["contracts"]:
        for layer in contract["layers"]:
            yield from (name.strip() for name in layer.replace("|", ":").split(":"))
    yield from (entry.partition(":")[0] for entry in PYPROJECT["project"]["scripts"].values())


@pytest.mark.skipif((ROOT / "PKG-INFO").exists(), reason="a source distribution leaves some out")
@pytest.mark.parametrize("path", list(paths()))
def test_a_path_of_pyproject_is_there(path):
    """pytest runs nothing of a folder that was renamed, and says nothing. Planted: testpaths."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted(set(modules())))
def test_a_module_of_pyproject_is_there(name):
    """Planted mistake: an exception for a module that was moved, which excepts nothing."""
    place = ROOT.joinpath("src", *name.split("."))
    assert place.is_dir() or place.with_suffix(".py").is_file()


def test_examples_are_the_same_each_time_unless_others_are_asked_for(pytestconfig):
    chosen = pytestconfig.getoption("--hypothesis-profile")
    assert settings.default.derandomize is (chosen in (None, "repeatable"))
    assert settings.get_profile("nightly").derandomize is False
