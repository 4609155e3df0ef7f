"""Which backend runs, and what is said where the fast one is missing."""

import importlib.resources
import sys
import warnings

import pytest

from ctre import kernels as package
from ctre.errors import InvalidParameterError
from ctre.kernels import SlowKernelsWarning, kernels, reference


@pytest.fixture(autouse=True)
def fresh_choice(monkeypatch):
    monkeypatch.delenv("CTRE_KERNELS", raising=False)
    kernels.cache_clear()
    yield
    kernels.cache_clear()


@pytest.fixture
def without_extension(monkeypatch):
    monkeypatch.delattr(package, "native", raising=False)
    monkeypatch.setitem(sys.modules, "ctre.kernels.native", None)


@pytest.mark.usefixtures("without_extension")
def test_the_installation_says_why_once(monkeypatch, tmp_path):
    (tmp_path / "native_missing.txt").write_text("no C++ compiler was found\n")
    monkeypatch.setattr(importlib.resources, "files", lambda _: tmp_path)
    with pytest.warns(SlowKernelsWarning, match=r"no C\+\+ compiler was found\. .*pip install"):
        assert kernels() is reference
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kernels() is reference


@pytest.mark.usefixtures("without_extension")
def test_an_extension_that_did_not_compile(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.warns(SlowKernelsWarning, match="did not compile"):
        kernels()


@pytest.mark.usefixtures("without_extension")
def test_insisting_on_native_raises(monkeypatch):
    monkeypatch.setenv("CTRE_KERNELS", "native")
    with pytest.raises(ImportError):
        kernels()


def test_the_environment_decides(monkeypatch):
    monkeypatch.setenv("CTRE_KERNELS", "numpy")
    assert kernels() is reference


def test_an_unknown_wish_is_refused(monkeypatch):
    monkeypatch.setenv("CTRE_KERNELS", "cuda")
    with pytest.raises(InvalidParameterError, match="'native' or 'numpy', got 'cuda'"):
        kernels()
