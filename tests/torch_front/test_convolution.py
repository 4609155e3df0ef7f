"""Masked convolutions: exact zeros that stay, and policies by weights and by channel pairs."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from ctre.errors import InvalidParameterError  # noqa: E402
from ctre.torch import Evolution, MaskedWeight, sparsify_  # noqa: E402
from ctre.torch.convolution import MaskedLayer  # noqa: E402

nn, functional = torch.nn, torch.nn.functional


def small_net(**changes):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, **changes), nn.ReLU(), nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.ReLU()
    )


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, 0.05, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.9, weight_decay=0.1),
}


def train(model, optimizer, evolution, n_steps):
    done = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        model(torch.randn(6, 3, 9, 9)).square().mean().backward()
        optimizer.step()
        done.append(evolution.step())
    return done


@pytest.mark.parametrize("unit", ["weights", "kernels"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("method", ["set", "rigl", "set-signed"])
def test_masked_weights_stay_exactly_zero(method, optimizer, unit):
    """Under momentum and decay, over updates; in the parameter and in what is computed with."""
    model = sparsify_(small_net(), 0.2, convolutions=unit)
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    evolution = Evolution(model, optimizer, method, update_interval=3, drop_fraction=0.5)
    counts = [int(module.parametrizations.weight[0].mask.sum()) for module in model[::2]]
    n_born = 0
    for changes in train(model, optimizer, evolution, 10):
        n_born += sum(change.n_born for change in changes)
        for module in model[::2]:
            mask = module.parametrizations.weight[0].mask
            original = module.parametrizations.weight.original
            assert torch.all(original[~mask] == 0)
            assert torch.all(module.weight[~mask] == 0)
            for state in optimizer.state[original].values():
                if state.shape == original.shape:
                    assert torch.all(state[~mask] == 0)
    assert n_born > 0
    assert [int(module.parametrizations.weight[0].mask.sum()) for module in model[::2]] == counts


@pytest.mark.parametrize("kind", [nn.Conv1d, nn.Conv2d, nn.Conv3d])
@pytest.mark.parametrize("unit", ["weights", "kernels"])
@pytest.mark.parametrize("method", ["set", "rigl", "magnitude", "ctre-sim"])
def test_every_convolution_and_method(kind, unit, method):
    n_axes = {nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3}[kind]
    model = nn.Sequential(kind(4, 6, 3), nn.ReLU(), kind(6, 5, 2))
    model = sparsify_(
        model, 0.3, convolutions=unit, start="full" if method == "magnitude" else "random"
    )
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    if method == "ctre-sim" and unit == "weights":
        with pytest.raises(InvalidParameterError, match=r"convolutions=\"kernels\""):
            Evolution(model, optimizer, method)
        return
    evolution = Evolution(model, optimizer, method, update_interval=2, n_steps=8)
    for _ in range(8):
        optimizer.zero_grad()
        model(torch.randn(3, 4, *[6] * n_axes)).square().mean().backward()
        optimizer.step()
        evolution.step()
    n_there = sum(int(module.parametrizations.weight[0].mask.sum()) for module in model[::2])
    n_taps = [module.weight[0, 0].numel() if unit == "kernels" else 1 for module in model[::2]]
    n_all = sum(module.weight.numel() for module in model[::2])
    assert abs(n_there - 0.3 * n_all) <= 0.5 + sum(n_taps) * (unit == "kernels")


def test_transposed_and_grouped_convolutions():
    torch.manual_seed(1)
    for module in (nn.ConvTranspose2d(4, 6, 3), nn.Conv2d(4, 6, 3, groups=2)):
        model = sparsify_(nn.Sequential(module), 0.3, convolutions="kernels")
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        evolution = Evolution(model, optimizer, "rigl", update_interval=1, drop_fraction=0.5)
        model(torch.randn(2, 4, 6, 6)).sum().backward()
        optimizer.step()
        (change,) = evolution.step()
        layer = MaskedLayer("0", model[0], optimizer)
        assert layer.topology.keys.tolist() == change.change.new.keys.tolist()
        assert (layer.n_post, layer.n_pre) == (6, 4 // model[0].groups)
        mask = model[0].parametrizations.weight[0].mask
        by_post = mask.transpose(0, 1) if model[0].transposed else mask
        assert len(change.born) > 0
        assert all(by_post[post, pre].all() for post, pre in change.born)
        assert not any(by_post[post, pre].any() for post, pre in change.died)
    with pytest.raises(InvalidParameterError, match="got groups=2"):
        Evolution(model, optimizer, "ctre-sim")


@pytest.mark.parametrize("unit", ["weights", "kernels"])
def test_rigl_grows_where_the_dense_gradient_is_largest(unit):
    torch.manual_seed(2)
    conv = nn.Conv2d(6, 8, 2)
    model = sparsify_(nn.Sequential(conv), 0.3, convolutions=unit)
    dense = nn.Conv2d(6, 8, 2)
    with torch.no_grad():
        dense.weight.copy_(conv.weight)
        dense.bias.copy_(conv.bias)
    rows, error = torch.randn(4, 6, 5, 5), torch.randn(4, 8, 4, 4)
    dense(rows).backward(error)
    gradient = dense.weight.grad.view(48, 4)
    scores = (gradient.norm(dim=1) if unit == "kernels" else gradient.abs().view(-1)).numpy()
    optimizer = torch.optim.SGD(model.parameters(), 1e-4)
    evolution = Evolution(model, optimizer, "rigl", update_interval=1, drop_fraction=0.5)
    model(rows).backward(error)
    optimizer.step()
    (change,) = evolution.step()
    old, new = change.change.old, change.change.new
    grown = np.setdiff1d(new.keys, old.keys)
    free = np.setdiff1d(np.arange(old.n_places), np.intersect1d(old.keys, new.keys))
    best = free[np.argsort(-scores[free], kind="stable")][: change.n_born + change.n_regrown]
    assert len(grown)
    assert set(grown) <= set(best)


def test_channels_that_go_along_are_joined():
    """Output channel 0 follows input channel 2; there the connection grows, and nowhere else."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False))
    model = sparsify_(model, 0.5, convolutions="kernels", start="magnitude")
    parametrization = model[0].parametrizations.weight
    with torch.no_grad():
        parametrization[0].mask.zero_()
        parametrization[0].mask[0, 0] = parametrization[0].mask[1, 1] = True
        parametrization.original.zero_()
        parametrization.original[0, 0, 0, 0] = parametrization.original[1, 1, 0, 0] = 1.0
    rows = torch.rand(30, 3, 4, 4)
    rows[:, 2] = 2 * rows[:, 0]
    rows[:, 1] = 1 - rows[:, 0]
    optimizer = torch.optim.SGD(model.parameters(), 0.0)
    evolution = Evolution(
        model, optimizer, "ctre-cosine", update_interval=1, drop_fraction=0.5, evidence=rows
    )
    model(rows).sum().backward()
    optimizer.step()
    (change,) = evolution.step()
    assert change.born.tolist() == [[0, 2]] or change.n_regrown == 1
    before, behind = evolution._evidence.layers[0].activity(rows, model(rows))
    assert before.shape == (30 * 16, 3)
    assert behind.shape == (30 * 16, 2)


def test_a_newborn_kernel_begins_as_its_middle_tap():
    model = sparsify_(nn.Sequential(nn.Conv2d(4, 6, 3)), 0.3, convolutions="kernels")
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    evolution = Evolution(model, optimizer, "set", update_interval=1, drop_fraction=0.5)
    model(torch.randn(2, 4, 6, 6)).sum().backward()
    optimizer.step()
    (change,) = evolution.step()
    for post, pre in change.born:
        kernel = model[0].weight[post, pre]
        assert kernel[1, 1] != 0
        assert int((kernel != 0).sum()) == 1


def test_a_graph_of_before_an_update_errs():
    """Planted: a mask that is written past the version counter."""
    model = sparsify_(nn.Sequential(nn.Conv2d(4, 6, 3)), 0.3)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    evolution = Evolution(model, optimizer, "set", update_interval=1, drop_fraction=0.5)
    rows = torch.randn(2, 4, 6, 6)
    model(rows).sum().backward()
    stale = model(rows).sum()
    optimizer.zero_grad()
    optimizer.step()  # no gradient, no write
    assert evolution.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        stale.backward()


def test_state_dict_and_copies_hold_the_mask():
    model = sparsify_(small_net(), 0.2)
    other = sparsify_(small_net(), 0.2)
    other.load_state_dict(model.state_dict())
    rows = torch.randn(2, 3, 9, 9)
    assert torch.equal(other(rows), model(rows))
    assert torch.equal(copy.deepcopy(model)(rows), model(rows))
    assert isinstance(other[0].parametrizations.weight[0], MaskedWeight)


@pytest.mark.parametrize("unit", ["weights", "kernels"])
def test_new_weights_are_as_large_as_their_number_wants(unit):
    """Else signals fade from layer to layer. Planted: what is left of the dense weights."""
    torch.manual_seed(4)
    for module, axes in ((nn.Conv2d(30, 40, 3), (0,)), (nn.ConvTranspose2d(30, 40, 3), (1,))):
        model = sparsify_(nn.Sequential(module), 0.05, convolutions=unit)
        weight = model[0].weight.detach()
        n_there = int((weight != 0).sum())
        assert n_there == pytest.approx(0.05 * weight.numel(), rel=0.01)
        largest = (n_there / weight.shape[axes[0]]) ** -0.5
        assert 0.95 * largest < float(weight.abs().max()) <= largest


def test_an_infinity_does_not_come_through_the_mask():
    """Planted: weight times mask, which makes a NaN of it."""
    model = sparsify_(nn.Sequential(nn.Conv2d(4, 6, 3)), 0.3)
    original, mask = (
        model[0].parametrizations.weight.original,
        model[0].parametrizations.weight[0].mask,
    )
    with torch.no_grad():
        original[~mask] = float("inf")
    assert torch.isfinite(model[0].weight).all()


def test_gradients_of_several_backward_passes_add_up():
    """Gradient accumulation, as for linear layers."""
    torch.manual_seed(5)
    one = sparsify_(nn.Sequential(nn.Conv2d(4, 6, 2)), 0.3)
    two = copy.deepcopy(one)
    rows, error = torch.randn(9, 4, 5, 5), torch.randn(9, 6, 4, 4)
    grown = []
    for model, n in ((one, 9), (two, 3)):
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        evolution = Evolution(model, optimizer, "rigl", update_interval=1, drop_fraction=0.5)
        for part, signal in zip(rows.split(n), error.split(n), strict=True):
            model(part).backward(signal)
        optimizer.step()
        (change,) = evolution.step()
        assert change.n_born > 0
        grown.append(change.change.new.keys.tolist())
    assert grown[0] == grown[1]


def test_transposed_ones_keep_their_best_kernels():
    """Planted: scores by input channel first, as the weight lies in memory."""
    torch.manual_seed(6)
    module = nn.ConvTranspose2d(4, 6, 3)
    lengths = module.weight.detach().flatten(2).norm(dim=2)
    model = sparsify_(nn.Sequential(module), 0.25, start="magnitude", convolutions="kernels")
    kept = model[0].parametrizations.weight[0].mask[:, :, 0, 0]
    assert int(kept.sum()) == 6
    assert lengths[kept].min() >= lengths[~kept].max()
