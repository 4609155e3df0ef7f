"""The two examples, for a moment each."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="examples are not in the wheel")


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("method", ["dense", "static", "set", "rigl", "ctre-sim"])
def test_the_transformer_learns(method, monkeypatch):
    """A text of four characters over and over, whose loss is near zero once it is learned."""
    example = load("character_transformer")
    monkeypatch.setattr(example, "CONTEXT", 8)
    monkeypatch.setattr(example, "WIDTH", 32)
    text = torch.tensor(list(b"abcd" * 50))
    loss, n_mlp, _ = example.train(method, (text, text), n_steps=40, seed=0)
    assert loss < 0.5 * math.log(128)
    dense = 2 * 2 * 32 * 128
    share = 1 if method == "dense" else 0.05
    assert n_mlp == round(share * dense) + 2 * (32 + 128)


@pytest.mark.parametrize(
    ("method", "unit"), [("set", "weights"), ("rigl", "weights"), ("ctre-sim", "kernels")]
)
def test_the_convolutional_network_learns(method, unit, monkeypatch):
    """To tell white images from black ones."""
    example = load("convolutional_network")
    monkeypatch.setattr(example, "BATCH", 16)
    labels = torch.arange(96) % 2
    images = labels.float().view(-1, 1, 1, 1).expand(-1, 1, 28, 28).contiguous()
    accuracy, _ = example.train((images, labels, images, labels), 0.1, method, unit, 10, seed=0)
    assert accuracy == 1
