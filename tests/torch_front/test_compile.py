"""`torch.compile`: the whole graph, and the same one after every update."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from torch._dynamo.testing import CompileCounterWithBackend  # noqa: E402

from ctre.torch import Evolution, SparseLinear, sparsify_  # noqa: E402

nn = torch.nn

# What PyTorch's compiler warns of in code of its own.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(autouse=True)
def _fresh_compiler():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def model_of(kind):
    torch.manual_seed(0)
    if kind == "linear":
        return nn.Sequential(
            SparseLinear(6, 9, density=0.4), nn.ReLU(inplace=True), SparseLinear(9, 4, density=0.4)
        ), (5, 6)
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 2))
    return sparsify_(model, 0.4, convolutions="kernels"), (5, 2, 5, 5)


def trained(kind, method, compiled, backend="aot_eager"):
    """Train with updates; give the model, its losses, and how often it was compiled."""
    model, shape = model_of(kind)
    optimizer = torch.optim.AdamW(model.parameters(), 0.01)
    counter = CompileCounterWithBackend(backend)
    run = torch.compile(model, fullgraph=True, backend=counter) if compiled else model
    evolution = Evolution(run, optimizer, method, update_interval=2, drop_fraction=0.5)
    generator, losses, n_born = torch.Generator().manual_seed(1), [], 0
    for _ in range(7):
        optimizer.zero_grad()
        loss = run(torch.randn(shape, generator=generator)).square().mean()
        loss.backward()
        optimizer.step()
        n_born += sum(change.n_born for change in evolution.step())
        losses.append(loss.item())
    assert n_born > 0
    return model, losses, counter.frame_count


@pytest.mark.parametrize("method", ["set", "ctre-sim", "rigl"])
@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_one_graph_for_the_whole_training(kind, method):
    """No break, no second compilation after an update, and what is trained is the same."""
    compiled, losses, n_graphs = trained(kind, method, compiled=True)
    assert n_graphs == 1
    plain, expected, _ = trained(kind, method, compiled=False)
    assert losses == pytest.approx(expected, rel=1e-5)
    for one, other in zip(compiled.state_dict().values(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_under_autocast():
    model, shape = model_of("linear")
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    rows = torch.randn(shape)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        answer = compiled(rows)
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer, model(rows), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_with_the_compiler_that_is_the_default():
    _, losses, n_graphs = trained("linear", "ctre-sim", compiled=True, backend="inductor")
    assert n_graphs == 1
    _, expected, _ = trained("linear", "ctre-sim", compiled=False)
    assert losses == pytest.approx(expected, rel=1e-5)
