"""What optimizers remember follows the connections: against retraining from a mask, in float64."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from ctre.errors import InvalidParameterError  # noqa: E402
from ctre.torch import Evolution, SparseLinear  # noqa: E402

nn, functional = torch.nn, torch.nn.functional

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.05),
    "momentum": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.1),
    "adam": lambda p: torch.optim.Adam(p, 0.05),
    "adamw": lambda p: torch.optim.AdamW(p, 0.05),
    "amsgrad": lambda p: torch.optim.AdamW(p, 0.05, amsgrad=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.02, momentum=0.5, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, 0.05),
    "adafactor": lambda p: torch.optim.Adafactor(p, 0.05),
}


def batches(n, rng_seed=0):
    generator = torch.Generator().manual_seed(rng_seed)
    return [
        (
            torch.randn(12, 9, generator=generator, dtype=torch.float64),
            torch.randn(12, 7, generator=generator, dtype=torch.float64),
        )
        for _ in range(n)
    ]


class Masked:
    """The same layer as a dense one, of which only what a mask leaves is used and kept."""

    def __init__(self, layer, make_optimizer):
        self.weight = nn.Parameter(layer.weight.detach().clone())
        self.bias = nn.Parameter(layer.bias.detach().clone())
        self.mask = torch.zeros_like(self.weight, dtype=torch.bool)
        self.mask.view(-1)[torch.from_numpy(layer.topology.keys.copy())] = True
        self.optimizer = make_optimizer([self.weight, self.bias])

    def step(self, rows, targets):
        self.optimizer.zero_grad()
        answer = functional.linear(rows, self.weight * self.mask, self.bias)
        loss = functional.mse_loss(answer, targets)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            self.weight *= self.mask
        return loss.detach()

    @torch.no_grad()
    def take(self, change, layer):
        old, new = change.change.old, change.change.new
        died = torch.from_numpy(old.keys[~new.contains(old.keys)])
        born = torch.from_numpy(new.keys[change.change.born])
        for state in self.optimizer.state[self.weight].values():
            if state.shape == self.weight.shape:
                state.view(-1)[torch.cat([died, born])] = 0
        self.weight.view(-1)[died] = 0
        self.weight.view(-1)[born] = layer.weight.detach().view(-1)[born]
        self.mask.view(-1)[died] = False
        self.mask.view(-1)[born] = True


class Compact(Masked):
    """The same with a vector of the connections' weights, for optimizers that look at all of it."""

    def __init__(self, layer, make_optimizer):
        self.keys = layer.topology.keys.copy()
        self.values = nn.Parameter(layer.values.detach().clone())
        self.bias = nn.Parameter(layer.bias.detach().clone())
        self.optimizer = make_optimizer([self.values, self.bias])

    @property
    def weight(self):
        return (
            torch.zeros(63, dtype=torch.float64)
            .index_put((torch.from_numpy(self.keys),), self.values)
            .view(7, 9)
        )

    def step(self, rows, targets):
        self.optimizer.zero_grad()
        loss = functional.mse_loss(functional.linear(rows, self.weight, self.bias), targets)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    @torch.no_grad()
    def take(self, change, layer):
        new = change.change.new.keys
        place = {key: at for at, key in enumerate(self.keys)}
        for tensor in (self.values, *self.optimizer.state[self.values].values()):
            if tensor.shape == self.values.shape:
                moved = [tensor[place[key]].item() if key in place else 0.0 for key in new]
                tensor.copy_(torch.tensor(moved, dtype=tensor.dtype))
        born = change.change.born
        self.values[born] = layer.values.detach()[born]
        self.keys = new.copy()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_is_retraining_from_a_mask(name):
    """Planted: state that stays in the old order; newborn that keep the state of the dead."""
    torch.manual_seed(0)
    layer = SparseLinear(9, 7, density=0.4, dtype=torch.float64)
    reference = (Compact if name == "adafactor" else Masked)(layer, OPTIMIZERS[name])
    optimizer = OPTIMIZERS[name](layer.parameters())
    evolution = Evolution(layer, optimizer, "set", update_interval=4, drop_fraction=0.4, seed=3)
    n_updates = 0
    for rows, targets in batches(13):
        optimizer.zero_grad()
        loss = functional.mse_loss(layer(rows), targets)
        loss.backward()
        optimizer.step()
        torch.testing.assert_close(loss, reference.step(rows, targets), rtol=1e-9, atol=1e-9)
        for change in evolution.step():
            assert change.n_born > 0
            reference.take(change, layer)
            n_updates += 1
        torch.testing.assert_close(layer.weight, reference.weight, rtol=1e-9, atol=1e-10)
    assert n_updates == 3


def test_a_fused_optimizer_goes_on():
    torch.manual_seed(1)
    layers = [SparseLinear(9, 7, density=0.4)]
    layers.append(
        SparseLinear.of(layers[0].topology, layers[0].values.clone(), layers[0].bias.clone())
    )
    losses = []
    for layer, fused in zip(layers, (True, False), strict=True):
        optimizer = torch.optim.AdamW(layer.parameters(), 0.05, fused=fused)
        evolution = Evolution(layer, optimizer, "set", update_interval=3)
        for rows, targets in batches(9):
            optimizer.zero_grad()
            loss = functional.mse_loss(layer(rows.float()), targets.float())
            loss.backward()
            optimizer.step()
            evolution.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_the_parameter_and_its_state_stay_where_they_are():
    """In place: whoever holds them, a fused optimizer or a bucket of DDP, goes on with them."""
    layer = SparseLinear(9, 7, density=0.4)
    optimizer = torch.optim.Adam(layer.parameters())
    evolution = Evolution(layer, optimizer, "set", update_interval=1)
    layer(torch.randn(4, 9)).sum().backward()
    optimizer.step()
    held = [layer.values, layer.indptr, layer.indices, optimizer.state[layer.values]["exp_avg"]]
    places = [tensor.data_ptr() for tensor in held]
    assert evolution.step()[0].n_born > 0
    now = [layer.values, layer.indptr, layer.indices, optimizer.state[layer.values]["exp_avg"]]
    assert all(one is other for one, other in zip(held, now, strict=True))
    assert [tensor.data_ptr() for tensor in now] == places


def test_a_gradient_that_is_kept_follows_too():
    layer = SparseLinear(9, 7, density=0.4)
    optimizer = torch.optim.SGD(layer.parameters(), 0.1)
    evolution = Evolution(layer, optimizer, "set", update_interval=1)
    layer(torch.randn(4, 9)).sum().backward()
    optimizer.step()
    before = dict(zip(layer.topology.keys.tolist(), layer.values.grad.tolist(), strict=True))
    (change,) = evolution.step()
    after = dict(zip(layer.topology.keys.tolist(), layer.values.grad.tolist(), strict=True))
    born = set(change.change.new.keys[change.change.born].tolist())
    assert born
    assert after == {key: 0.0 if key in born else before[key] for key in after}


def test_a_graph_of_before_an_update_errs():
    """Planted: writes past the version counter, and silently wrong gradients."""
    layer = SparseLinear(9, 7, density=0.4)
    optimizer = torch.optim.SGD(layer.parameters(), 0.1)
    evolution = Evolution(layer, optimizer, "set", update_interval=1)
    layer(torch.randn(4, 9)).sum().backward()
    stale = layer(torch.randn(4, 9, requires_grad=True)).sum()
    optimizer.zero_grad()
    optimizer.step()  # no gradient, no write
    assert evolution.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        stale.backward()


def test_lbfgs_is_refused():
    layer = SparseLinear(9, 7, density=0.4)
    with pytest.raises(InvalidParameterError, match="got LBFGS, whose history is of all"):
        Evolution(layer, torch.optim.LBFGS(layer.parameters()), "set")


def test_an_optimizer_of_other_parameters_is_refused():
    layer = SparseLinear(9, 7, density=0.4)
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), 0.1)
    with pytest.raises(InvalidParameterError, match="Make it after the model became sparse"):
        Evolution(layer, optimizer, "set")


def test_only_tensors_of_the_same_shape_are_carried():
    """A single connection: the number of steps has as many elements, and stays."""
    layer = SparseLinear(3, 2, n_connections=1)
    optimizer = torch.optim.Adam(layer.parameters())
    evolution = Evolution(layer, optimizer, "set", update_interval=2, drop_fraction=1.0)
    for _ in range(2):
        layer(torch.randn(4, 3)).sum().backward()
        optimizer.step()
        changes = evolution.step()
    assert changes[0].n_born == 1
    assert optimizer.state[layer.values]["step"] == 2
    assert np.all(optimizer.state[layer.values]["exp_avg"].numpy() == 0)
