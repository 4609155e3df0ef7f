"""`sparsify_`: which layers, how many connections each, and which."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from ctre.density import spread_density  # noqa: E402
from ctre.errors import InvalidParameterError, UnknownNameError  # noqa: E402
from ctre.torch import SparseLinear, sparsify_  # noqa: E402

nn, functional = torch.nn, torch.nn.functional

SHAPES = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 300), st.integers(1, 300)),
        st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(1, 5), st.integers(1, 5)),
    ),
    min_size=1,
    max_size=6,
)


@given(SHAPES, st.floats(1e-4, 1), st.sampled_from(["erk", "erdos-renyi", "uniform"]))
def test_budgets_are_exact_and_fit(shapes, density, distribution):
    counts = spread_density(shapes, density, distribution)
    places = [math.prod(shape) for shape in shapes]
    assert sum(counts) == max(len(shapes), round(density * sum(places)))
    assert all(1 <= count <= n for count, n in zip(counts, places, strict=True))


def test_densities_are_in_proportion_to_sums_over_products():
    shapes = [(100, 200), (50, 400), (16, 32, 3, 3)]
    counts = spread_density(shapes, 0.05, "erk")
    ratios = [count / sum(shape) for count, shape in zip(counts, shapes, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * 3, rel=0.02)
    counts = spread_density(shapes, 0.05, "erdos-renyi")
    ratios = [
        count / math.prod(shape) * math.prod(shape[:2]) / sum(shape[:2])
        for count, shape in zip(counts, shapes, strict=True)
    ]
    assert ratios == pytest.approx([ratios[0]] * 3, rel=0.02)
    assert spread_density(shapes, 0.05, "uniform") == (1000, 1000, 230)


def test_what_a_full_layer_has_no_place_for_goes_to_the_others():
    shapes = [(2, 3), (100, 100), (300, 100)]
    counts = spread_density(shapes, 0.1, "erk")
    assert counts[0] == 6
    assert sum(counts) == round(0.1 * (6 + 10_000 + 30_000))
    assert counts[2] / counts[1] == pytest.approx(2, rel=0.01)


def test_an_impossible_density_is_refused():
    with pytest.raises(InvalidParameterError, match=r"density must be in \(0, 1\], got 1.5"):
        spread_density([(3, 4)], 1.5, "erk")
    with pytest.raises(UnknownNameError, match=r"Unknown distribution 'ERK'. Did you mean 'erk'"):
        spread_density([(3, 4)], 0.5, "ERK")


def transformer():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
    return nn.Sequential(nn.Linear(8, 16), nn.TransformerEncoder(layer, 2), nn.Linear(16, 4))


def test_linear_layers_anywhere():
    """In a transformer too; the projection that PyTorch's attention reads itself stays dense."""
    model = transformer()
    n_dense = sum(m.weight.numel() for m in model.modules() if type(m) is nn.Linear)
    model = sparsify_(model, 0.2)
    assert not any(type(module) is nn.Linear for module in model.modules())
    sparse = [module for module in model.modules() if isinstance(module, SparseLinear)]
    assert len(sparse) == 6
    assert sum(layer.n_connections for layer in sparse) == round(0.2 * n_dense)
    rows = torch.randn(2, 5, 8)
    model(rows).sum().backward()
    assert all(layer.values.grad is not None for layer in sparse)
    with torch.no_grad():
        expected = model(rows)
        torch.testing.assert_close(model.eval()(rows), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("skip", "n_dense"), [(("2",), 1), (("1",), 4), (("1.layers.*.linear1",), 2), ("2", 1)]
)
def test_skipped_parts_stay_dense(skip, n_dense):
    model = sparsify_(transformer(), 0.2, skip=skip)
    assert sum(type(module) is nn.Linear for module in model.modules()) == n_dense


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidParameterError, match="skip must name parts of the model, got 'hea"):
        sparsify_(transformer(), 0.2, skip=("head",))
    with pytest.raises(InvalidParameterError, match="that is not skipped, got none"):
        sparsify_(nn.Sequential(nn.ReLU()), 0.2)
    with pytest.raises(InvalidParameterError, match="start must be one of 'random'"):
        sparsify_(transformer(), 0.2, start="er")
    with pytest.raises(InvalidParameterError, match="convolutions must be one of 'weights', 'ke"):
        sparsify_(transformer(), 0.2, convolutions="both")
    with pytest.raises(InvalidParameterError, match=r"loss must be a function .* got None. Give o"):
        sparsify_(transformer(), 0.2, start="snip")
    for loss in (lambda _: 3.0, lambda model: model(torch.full((2, 5, 8), torch.nan)).sum()):
        with pytest.raises(InvalidParameterError, match="loss must give a tensor with one finite"):
            sparsify_(transformer(), 0.2, start="snip", loss=loss)
    with pytest.raises(InvalidParameterError, match=r"skip must be a sequence of names, got \[2\]"):
        sparsify_(transformer(), 0.2, skip=[2])
    with pytest.raises(InvalidParameterError, match=r"model must be a torch.nn.Module, got str"):
        sparsify_("model", 0.2)


def test_a_weight_of_two_owners_stays_dense():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(10, 6), nn.Linear(6, 10, bias=False)
            self.head.weight = self.embed.weight

    with pytest.raises(
        InvalidParameterError, match=r"'head' must have a weight of its own .*skip="
    ):
        sparsify_(Tied(), 0.3)


def test_a_layer_of_two_names_becomes_one():
    layer = nn.Linear(6, 6)
    model = sparsify_(nn.Sequential(layer, nn.ReLU(), layer), 0.3)
    assert isinstance(model[0], SparseLinear)
    assert model[0] is model[2]


def test_a_model_that_is_a_layer_itself():
    layer = sparsify_(nn.Linear(6, 5), 0.3)
    assert isinstance(layer, SparseLinear)
    assert layer.n_connections == 9


def test_bias_type_and_mode_are_kept():
    dense = nn.Linear(6, 5, dtype=torch.float64)
    bias = dense.bias.detach().clone()
    dense.eval()
    model = sparsify_(nn.Sequential(dense, nn.Linear(5, 4, bias=False, dtype=torch.float64)), 0.3)
    assert torch.equal(model[0].bias, bias)
    assert model[0].values.dtype == torch.float64
    assert not model[0].training
    assert model[1].bias is None


def small_net():
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 4, 6), nn.ReLU(), nn.Linear(6, 3)
    )


def loss_of(model):
    generator = torch.Generator().manual_seed(2)
    rows = torch.randn(8, 2, 4, 4, generator=generator)
    return functional.cross_entropy(model(rows), torch.arange(8) % 3)


@pytest.mark.parametrize("start", ["magnitude", "snip", "snip-global"])
def test_starts_keep_the_best_weights(start):
    """Each layer's, or those of all together; with the weights they have. Planted: smallest."""
    dense = small_net()
    dense[0], dense[3] = nn.Conv2d(2, 4, 3), nn.Linear(16, 6)
    weights = [dense[at].weight for at in (0, 3, 5)]
    gradients = torch.autograd.grad(loss_of(dense), weights)
    scores = [
        (weight if start == "magnitude" else weight * gradient).detach().abs().view(-1).numpy()
        for weight, gradient in zip(weights, gradients, strict=True)
    ]
    before = [weight.detach().clone().view(-1) for weight in weights]
    model = sparsify_(dense, 0.25, start=start, loss=loss_of)
    kept = [
        model[0].parametrizations.weight[0].mask.view(-1).numpy(),
        *(model[at].weight.detach().view(-1).numpy() != 0 for at in (3, 5)),
    ]
    total = round(0.25 * sum(map(len, scores)))
    assert sum(map(np.sum, kept)) == total
    if start == "snip-global":
        scores, kept = [np.concatenate(scores)], [np.concatenate(kept)]
    for score, is_kept in zip(scores, kept, strict=True):
        assert score[is_kept].min() >= score[~is_kept].max()
    for at, old in zip((0, 3, 5), before, strict=True):
        now = model[at].weight.detach().view(-1)
        torch.testing.assert_close(now[now != 0], old[now != 0], rtol=0, atol=0)


def test_snip_global_loads_into_what_another_start_made():
    """Layers of other sizes than the model was built with."""
    one = sparsify_(nn.Sequential(nn.Linear(16, 6), nn.Linear(6, 3)), 0.25)
    rows = torch.randn(4, 16)
    other = sparsify_(
        nn.Sequential(nn.Linear(16, 6), nn.Linear(6, 3)),
        0.25,
        start="snip-global",
        loss=lambda model: model(rows).square().sum(),
    )
    assert one[0].n_connections != other[0].n_connections
    one.load_state_dict(other.state_dict())
    assert torch.equal(one(rows), other(rows))


def test_the_seed_of_torch_decides():
    models = []
    for _ in range(2):
        torch.manual_seed(3)
        models.append(sparsify_(nn.Sequential(nn.Linear(16, 6), nn.Linear(6, 3)), 0.25))
    for one, other in zip(*(model.state_dict().values() for model in models), strict=True):
        assert torch.equal(one, other)
