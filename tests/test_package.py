"""The package as a whole: what it exports, and what importing it costs."""

from __future__ import annotations

import doctest
import importlib
import io
import json
import pkgutil
import subprocess
import sys
from importlib.metadata import version

import pytest

import ctre
from ctre.errors import MissingExtraError

MODULES = ["ctre", *(info.name for info in pkgutil.walk_packages(ctre.__path__, "ctre."))]


def run(code):
    """Run code in a fresh interpreter, and read what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_everything_that_is_promised_is_there():
    assert len(ctre.__all__) == len(set(ctre.__all__))
    for name in ctre.__all__:
        assert getattr(ctre, name) is not None
    assert set(ctre.__all__) <= set(dir(ctre))


def test_each_public_thing_is_the_one_at_home():
    from ctre.estimators import SparseMLPClassifier

    assert ctre.SparseMLPClassifier is SparseMLPClassifier
    assert ctre.__version__ == version("ctre")


def test_what_is_not_there_is_said_so():
    with pytest.raises(AttributeError, match="module 'ctre' has no attribute 'DenseMLPClassifier'"):
        _ = ctre.DenseMLPClassifier


every_module = pytest.mark.parametrize(
    "name", [name for name in MODULES if name != "ctre.__main__"]
)


def imported(name):
    try:
        return importlib.import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    except ImportError as error:
        assert "_native" in str(error)  # noqa: PT017 - the extension may be missing, nothing else
        pytest.skip("the extension is not built")


@every_module
def test_a_module_exports_what_it_says(name):
    module = imported(name)
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported)


@every_module
def test_the_examples_in_docstrings_are_true(name):
    """Not by pytest's own collector, which would run the scripts beside the tests as well."""
    module = imported(name)
    for example in doctest.DocTestFinder().find(module):
        said = io.StringIO()
        n_failed, _ = doctest.DocTestRunner().run(example, out=said.write)
        assert n_failed == 0, said.getvalue()


def test_there_are_examples():
    """Or else the test above would show nothing."""
    import ctre.estimators.classifier as home

    assert [test.name for test in doctest.DocTestFinder().find(home) if test.examples] == [
        "ctre.estimators.classifier.SparseMLPClassifier"
    ]


def test_importing_the_package_loads_nothing_heavy():
    """Planted: an import of the estimators at the top of the package."""
    loaded = run("import json, sys, ctre; print(json.dumps(sorted(sys.modules)))")
    heavy = {"numpy", "scipy", "sklearn", "pandas", "torch", "matplotlib", "rich", "click"}
    assert not heavy & {name.partition(".")[0] for name in loaded}
    assert [name for name in loaded if name.partition(".")[0] == "ctre"] == ["ctre"]


def test_the_estimator_loads_neither_torch_nor_pictures_nor_the_extension():
    loaded = run("import json, sys; from ctre import *; print(json.dumps(sorted(sys.modules)))")
    assert "sklearn" in loaded
    assert not {"torch", "matplotlib", "click"} & set(loaded)
    assert not {"ctre.kernels._native", "ctre.kernels.native", "ctre.cli"} & set(loaded)
