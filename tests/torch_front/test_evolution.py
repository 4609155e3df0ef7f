"""`Evolution`: every policy, when it acts, what it reads, and what it says it did."""

from __future__ import annotations

import copy
import io
import itertools
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from ctre.errors import CTREError, InvalidParameterError, UnknownNameError  # noqa: E402
from ctre.methods import (  # noqa: E402
    RECIPES,
    Batches,
    HasStalled,
    Method,
    MostSimilar,
    Random,
    Recipe,
    SmallestMagnitude,
    Switch,
    cosine,
    get_recipe,
    gradient,
)
from ctre.methods.policy import NOTHING, Growth  # noqa: E402
from ctre.torch import Evolution, SparseLinear, processes, sparsify_  # noqa: E402
from ctre.torch.watch import watch_on  # noqa: E402

nn, functional = torch.nn, torch.nn.functional

EVOLVING = [recipe for recipe in RECIPES if recipe.method is not None]


def small_model(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        SparseLinear(8, 12, density=0.3), nn.ReLU(inplace=True), SparseLinear(12, 3, density=0.4)
    )


class Training:
    """A model, an optimizer and an evolution, step by step on random rows."""

    def __init__(self, method="set", *, model=None, lr=0.1, seed=0, **settings):
        self.model = small_model() if model is None else model
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr, momentum=0.9)
        settings = {"update_interval": 3, **settings}
        self.evolution = Evolution(self.model, self.optimizer, method, **settings)
        self.generator = torch.Generator().manual_seed(seed)

    def batch(self):
        rows = torch.randn(16, 8, generator=self.generator)
        return rows, torch.randint(3, (16,), generator=self.generator)

    def backward(self):
        rows, labels = self.batch()
        self.optimizer.zero_grad()
        functional.cross_entropy(self.model(rows), labels).backward()

    def step(self):
        self.backward()
        self.optimizer.step()
        return self.evolution.step()

    def run(self, n_steps):
        return [self.step() for _ in range(n_steps)]


def layers_of(model):
    return [module for module in model.modules() if isinstance(module, SparseLinear)]


@pytest.mark.parametrize("recipe", EVOLVING, ids=lambda recipe: recipe.name)
def test_every_recipe_of_the_table(recipe):
    model = small_model()
    if recipe.name == "magnitude":
        dense = nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 3))
        model = sparsify_(dense, 0.25, start="full")
    training = Training(recipe.name, model=model, n_steps=12, patience=1)
    counts = [layer.n_connections for layer in layers_of(model)]
    training.evolution.record_score(0.5)
    training.evolution.record_score(0.4)
    done = [changes for changes in training.run(12) if changes]
    assert len(done) == 3
    assert any(change.n_died for changes in done for change in changes)
    if recipe.name == "magnitude":
        assert sum(layer.n_connections for layer in layers_of(model)) == round(0.25 * 132)
    else:
        assert [layer.n_connections for layer in layers_of(model)] == counts
    for layer in layers_of(model):
        assert torch.isfinite(layer.values).all()
        assert np.all(np.diff(layer.topology.keys) > 0)


@dataclass(frozen=True)
class LowestFree:
    """A rule that no recipe has: it grows at the places of the lowest keys."""

    def needs(self, stage):  # noqa: ARG002
        return NOTHING

    def choose(self, evidence, taken, count):  # noqa: ARG002
        free = np.setdiff1d(np.arange(taken.n_places), taken.keys)
        return Growth(free[:count], n_random=0)


@pytest.mark.parametrize("is_recipe", [True, False])
def test_a_policy_of_ones_own(is_recipe):
    """As a method, or as a recipe with a name."""
    method = Method(SmallestMagnitude(), LowestFree())
    recipe = Recipe("lowest", "the lowest free places", method, get_recipe("set").citation)
    training = Training(recipe if is_recipe else method, update_interval=1)
    for change in training.step():
        old, new = change.change.old, change.change.new
        free = np.setdiff1d(np.arange(old.n_places), np.intersect1d(old.keys, new.keys))
        grown = np.setdiff1d(new.keys, old.keys)
        assert change.n_born == len(grown) > 0
        assert set(grown) <= set(free[: change.n_born + change.n_regrown])


@pytest.mark.parametrize("name", ["static", "snip", "dense"])
def test_a_method_without_updates_makes_none(name):
    assert not any(Training(name, update_interval=1).run(3))


def test_updates_come_when_they_are_due():
    """Every third step, of the first half, and never after the last."""
    training = Training(update_interval=3, update_until=0.5, n_steps=12)
    assert [bool(changes) for changes in training.run(12)] == [
        step in (3, 6) for step in range(1, 13)
    ]
    training = Training(update_interval=2, n_steps=6)
    assert [bool(changes) for changes in training.run(6)] == [False, True, False, True] + [
        False
    ] * 2


def test_steps_without_a_call_between_them_are_made_up_for():
    training = Training(update_interval=3)
    for _ in range(4):
        training.backward()
        training.optimizer.step()
    assert training.evolution.step()
    assert not training.evolution.step()


def test_a_skipped_step_does_not_count():
    """Planted: counting calls in place of steps. With the scaler, and with a fused optimizer."""
    for fused in (False, True):
        layer = SparseLinear(8, 3, density=0.5)
        optimizer = torch.optim.AdamW(layer.parameters(), fused=fused)
        evolution = Evolution(layer, optimizer, "rigl", update_interval=2)
        scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
        updated = []
        for huge in (False, True, True, False, False, False):
            loss = layer(torch.full((4, 8), 1e38 if huge else 1.0)).sum()
            optimizer.zero_grad()
            scaler.scale(loss * (1e38 if huge else 1.0)).backward()
            scaler.step(optimizer)
            scaler.update()
            updated.append(bool(evolution.step()))
        assert updated == [False, False, False, True, False, True]
        assert evolution.n_steps_done == 4
        assert torch.isfinite(layer.values).all()


def test_a_skipped_batch_is_not_read():
    """Its signals may be infinite. Planted: batches that end whether a step was made or not."""
    training = Training(
        Method(SmallestMagnitude(), MostSimilar(gradient, rows=Batches(2)), newborn="zero")
    )
    training.step()
    training.backward()
    training.evolution.step()  # the optimizer made no step of it
    training.backward()
    training.optimizer.step()
    training.evolution.step()
    watches = [layer.watch for layer in training.evolution.layers]
    assert [len(watch.batches) for watch in watches] == [1, 1]
    training.step()


def test_updates_run_on_as_many_threads_as_torch(monkeypatch):
    """As many as it has then, not when the evolution was made."""
    training = Training("ctre-sim", update_interval=1)
    evolver, seen = training.evolution._evolver, []
    update = evolver.update
    monkeypatch.setattr(
        evolver, "update", lambda *args: seen.append(evolver.n_threads) or update(*args)
    )
    before = torch.get_num_threads()
    try:
        for n_threads in (2, 3):
            torch.set_num_threads(n_threads)
            training.step()
    finally:
        torch.set_num_threads(before)
    assert seen == [2, 3]


class TwoProcesses:
    """`torch.distributed` of two processes that take their turns in one; the first one first."""

    def __init__(self):
        self.rank, self.sent = 0, []

    def is_available(self):
        return True

    is_initialized = is_available

    def get_rank(self, group):  # noqa: ARG002
        return self.rank

    def get_world_size(self, group):  # noqa: ARG002
        return 2

    def broadcast_object_list(self, box, group, group_src):  # noqa: ARG002
        if self.rank == group_src:
            self.sent.append(pickle.dumps(box))
        else:
            box[:] = pickle.loads(self.sent.pop(0))


@pytest.fixture
def two_processes(monkeypatch):
    wires = TwoProcesses()
    monkeypatch.setattr(processes, "dist", wires)
    return wires


@pytest.mark.parametrize("method", ["set", "ctre-sim", "rigl"])
def test_the_other_processes_do_as_the_first(method, two_processes):
    """On other rows, with another seed. Planted: each decides alone; the others do nothing."""
    trainings = []
    for two_processes.rank in range(2):
        trainings.append(Training(method, seed=two_processes.rank))
    first, second = trainings
    n_updates = 0
    for _ in range(7):
        both = []
        for two_processes.rank in range(2):
            both.append(trainings[two_processes.rank].step())
        for number, (one, other) in enumerate(zip(*both, strict=True)):
            layers = [layers_of(training.model)[number] for training in trainings]
            assert one.n_born > 0
            assert one.born.tolist() == other.born.tolist()
            assert torch.equal(layers[0].indices, layers[1].indices)
            newborn = [layer.values.detach()[one.change.born] for layer in layers]
            assert torch.equal(*newborn)
        n_updates += bool(both[0])
        assert first.evolution.state_dict() == second.evolution.state_dict()
    assert n_updates == 2
    assert not two_processes.sent


def test_what_the_first_process_raises_all_raise(two_processes):
    """Instead of waiting for it for ever."""
    trainings = []
    for two_processes.rank in range(2):
        trainings.append(Training("ctre-sim", update_interval=1, evidence=iter(())))
    two_processes.rank = 0
    with pytest.raises(InvalidParameterError, match="has none left"):
        trainings[0].step()
    two_processes.rank = 1
    with pytest.raises(CTREError, match=r"first process could not update .* has none left"):
        trainings[1].step()


def test_changes_say_who_died_and_who_was_born():
    training = Training("set", update_interval=1)
    before = [layer.topology.keys for layer in layers_of(training.model)]
    changes = training.step()
    assert [change.layer for change in changes] == ["0", "2"]
    for change, layer, old in zip(changes, layers_of(training.model), before, strict=True):
        n_pre = layer.in_features
        died = {int(q) * n_pre + int(p) for q, p in change.died}
        born = {int(q) * n_pre + int(p) for q, p in change.born}
        assert len(died) == change.n_died
        assert len(born) == change.n_born
        assert (set(old) - died) | born == set(layer.topology.keys)
        assert "n_died=" in repr(change)


def test_drop_fractions_follow_their_schedule():
    training = Training(
        "set", update_interval=2, n_steps=10, drop_fraction=0.5, drop_fraction_schedule="linear"
    )
    done = [changes[0].n_died + changes[0].n_regrown for changes in training.run(10) if changes]
    count = layers_of(training.model)[0].n_connections
    # The fraction counts that was in force when the step began: 1/10, 3/10, 5/10, 7/10 done.
    assert done == [int(0.5 * share * count) for share in (0.9, 0.7, 0.5, 0.3)]
    halves = Training(
        "set",
        update_interval=2,
        n_steps=10,
        drop_fraction=0.5,
        drop_fraction_schedule=lambda _: 0.0,
    )
    assert not any(change.n_died for changes in halves.run(4) for change in changes)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"update_until": 0.75}, "update_until=0.75, a share of them"),
        ({"drop_fraction_schedule": "cosine"}, "a drop_fraction_schedule other than"),
        ({"method": "magnitude"}, "gradual pruning"),
        ({"method": "ctre-seq-half"}, "this method"),
    ],
)
def test_shares_need_to_know_of_what(settings, what):
    with pytest.raises(InvalidParameterError, match=f"n_steps must be given for {what}"):
        Training(**settings)


def test_what_cannot_be_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'ctre-sim'"):
        Training("ctre-simm")
    with pytest.raises(UnknownNameError, match="Unknown sparse layer 'head'"):
        Training(layers=["head"])
    with pytest.raises(InvalidParameterError, match="layers must name one layer at least"):
        Training(layers=[])
    with pytest.raises(UnknownNameError, match="Unknown layer of activation 'head'"):
        Training(activation={"head": torch.relu})
    with pytest.raises(InvalidParameterError, match="model must have a sparse layer, got none"):
        Training(model=nn.Linear(8, 3))


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("update_interval", 0, "an integer of at least 1"),
        ("update_interval", 2.5, "an integer of at least 1"),
        ("n_steps", True, "an integer of at least 1, or None"),
        ("drop_fraction", 1.5, r"a number in \[0, 1\]"),
        ("drop_fraction", "a third", r"a number in \[0, 1\]"),
        ("update_until", 2, r"a number in \[0, 1\]"),
        ("update_until", float("nan"), r"a number in \[0, 1\]"),
        ("similarity_samples", 0, "an integer of at least 1"),
        ("similarity_samples", 1.5, "an integer of at least 1"),
        ("similarity_candidates", -1, "an integer of at least 1, or None"),
        ("patience", 0, "an integer of at least 1"),
        ("seed", -1, "an integer of at least 0"),
        ("seed", "seven", "an integer of at least 0"),
        ("layers", "2", "a sequence of names, or None"),
        ("layers", [2], "a sequence of names, or None"),
        ("evidence", 3, "a tensor, a loader or a function"),
        ("activation", "relu", "a function of a tensor, or a dict"),
    ],
)
def test_every_setting_is_checked_at_once(name, value, what):
    """Not at the first update, hours into a training."""
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(InvalidParameterError, match=f"{name} must be {what}.*, got"):
        Evolution(model, optimizer, "ctre-sim", **{name: value})


def test_model_and_optimizer_are_checked():
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(InvalidParameterError, match=r"must be a torch.nn.Module, got method"):
        Evolution(model.forward, optimizer, "set")
    with pytest.raises(InvalidParameterError, match=r"must be a torch.optim.Optimizer, got StepLR"):
        Evolution(model, torch.optim.lr_scheduler.StepLR(optimizer, 1), "set")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"evidence": torch.empty(0, 8)}, "evidence must have a row for layer '0' at least"),
        ({"evidence": iter(())}, "evidence must have a batch for every update, and has none left"),
        ({"activation": lambda z: z[:, :1]}, r"of their shape, \(16, 12\), got \(16, 1\)"),
        ({"activation": lambda z: z.tolist()}, r"of their shape, \(16, 12\), got list"),
    ],
)
def test_what_evidence_cannot_be(settings, complaint):
    with pytest.raises(InvalidParameterError, match=complaint):
        Training("ctre-sim", update_interval=1, **settings).step()


def test_a_state_that_is_none_changes_nothing():
    training = Training()
    training.run(2)
    before = training.evolution.state_dict()
    for state in ({}, None, {**before, "generators": {}}, {"n_steps_done": 9}):
        with pytest.raises(InvalidParameterError, match="state must be what state_dict"):
            training.evolution.load_state_dict(state)
    assert training.evolution.state_dict() == before


def test_named_layers_alone_are_updated():
    training = Training(layers=["2"], update_interval=1)
    indices = training.model[0].indices.clone()
    assert [change.layer for change in training.step()] == ["2"]
    assert torch.equal(training.model[0].indices, indices)


def test_the_seed_decides():
    runs = [Training("ctre-sim", seed=0).run(7) for _ in range(2)]
    other = Training("ctre-sim", seed=0).run(7)
    keys = [[change.change.new.keys.tolist() for change in run[5]] for run in (*runs, other)]
    assert keys[0] == keys[1] == keys[2]
    model = small_model()
    different = Training("ctre-sim", model=model)
    different.evolution = Evolution(
        model, different.optimizer, "ctre-sim", update_interval=3, seed=9
    )
    assert [change.change.new.keys.tolist() for change in different.run(7)[5]] != keys[0]


def test_rigl_grows_where_the_dense_gradient_is_largest():
    """Of the batch just trained, of the loss by every place. Planted: the batch before."""
    training = Training("rigl", update_interval=2, lr=0.01)
    training.step()
    layers = layers_of(training.model)
    dense = copy.deepcopy(training.model)
    for at, layer in zip((0, 2), layers, strict=True):
        dense[at] = nn.Linear(layer.in_features, layer.out_features)
        with torch.no_grad():
            dense[at].weight.copy_(layer.weight)
            dense[at].bias.copy_(layer.bias)
    state = training.generator.get_state()
    rows, labels = training.batch()
    functional.cross_entropy(dense(rows), labels).backward()
    training.generator.set_state(state)
    for change, at in zip(training.step(), (0, 2), strict=True):
        scores = dense[at].weight.grad.abs().view(-1).numpy()
        old, new = change.change.old, change.change.new
        was_free = np.setdiff1d(np.arange(old.n_places), np.intersect1d(old.keys, new.keys))
        best = was_free[np.argsort(-scores[was_free], kind="stable")]
        n_grown = change.n_born + change.n_regrown
        grown = np.setdiff1d(new.keys, old.keys)
        assert set(grown) <= set(best[:n_grown])
        values = layers_of(training.model)[at // 2].values.detach().numpy()
        assert np.all(values[change.change.born] == 0)


def test_gradients_of_several_backward_passes_add_up():
    """Gradient accumulation: all that goes into the step is read. Planted: the last one alone."""
    torch.manual_seed(4)
    one = SparseLinear(20, 15, density=0.3)
    two = copy.deepcopy(one)
    rows, error = torch.randn(12, 20), torch.randn(12, 15)
    grown = []
    for layer, n in ((one, 12), (two, 4)):
        optimizer = torch.optim.SGD(layer.parameters(), 0.01)
        evolution = Evolution(layer, optimizer, "rigl", update_interval=1, drop_fraction=0.4)
        for part, signal in zip(rows.split(n), error.split(n), strict=True):
            layer(part).backward(signal)
        optimizer.step()
        (change,) = evolution.step()
        assert change.n_born > 0
        grown.append(change.change.new.keys.tolist())
    assert grown[0] == grown[1]


def test_error_signals_are_watched_only_when_an_update_is_due():
    """Planted: watching always."""
    training = Training("rigl", update_interval=3)
    layers = layers_of(training.model)
    seen = []
    for _ in range(6):
        training.backward()
        seen.append(sum(watch_on(layer.indptr) is not None for layer in layers))
        training.optimizer.step()
        training.evolution.step()
    assert seen == [0, 0, 2, 0, 0, 2]
    assert not any(watch_on(layer.indptr) for layer in layers)
    assert not any(module._backward_hooks for module in training.model.modules())


def test_momentum_reads_the_batches_before():
    method = Method(
        SmallestMagnitude(), MostSimilar(gradient, rows=Batches(2, decay=0.5)), newborn="zero"
    )
    layer = SparseLinear(8, 3, density=0.4)
    optimizer = torch.optim.SGD(layer.parameters(), 0.0)
    evolution = Evolution(layer, optimizer, method, update_interval=3, drop_fraction=0.4)
    gradients = []
    for _ in range(3):
        rows = torch.randn(5, 8)
        answer = layer(rows)
        optimizer.zero_grad()
        answer.square().sum().backward()
        gradients.append((2 * answer.detach()).T @ rows)
        optimizer.step()
        changes = evolution.step()
    scores = (gradients[2] + 0.5 * gradients[1]).abs().view(-1).numpy()
    new, old = changes[0].change.new, changes[0].change.old
    grown = np.setdiff1d(new.keys, old.keys)
    free = np.setdiff1d(np.arange(24), np.intersect1d(old.keys, new.keys))
    best = free[np.argsort(-scores[free], kind="stable")]
    assert len(grown)
    assert set(grown) <= set(best[: changes[0].n_born + changes[0].n_regrown])


def recorded_pass(model, evidence, activation=None, method="ctre-cosine", samples=None):
    """Give what the evolution would see of a model."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    evolution = Evolution(
        model,
        optimizer,
        method,
        evidence=evidence,
        activation=activation,
        similarity_samples=samples,
    )
    (rows, reads), *_ = evolution.method.needs(evolution._progress.stage(1)).items()
    return evolution._evidence(rows, reads)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        (nn.ReLU(), torch.relu),
        (nn.ReLU(inplace=True), torch.relu),
        (nn.GELU(), functional.gelu),
        (nn.Sequential(nn.SiLU(), nn.Dropout(0.5)), functional.silu),
        (nn.Identity(), lambda z: z),
        (nn.Softmax(-1), lambda z: z),  # not element by element
    ],
)
def test_answers_are_followed_through_the_activation(activation, function):
    """Also written in place, and with what evaluation switches off."""
    torch.manual_seed(1)
    model = nn.Sequential(
        SparseLinear(6, 9, density=0.4), activation, SparseLinear(9, 4, density=0.4)
    )
    rows = torch.randn(20, 6)
    first, second = recorded_pass(model, rows)
    hidden = function(model[0](rows)).detach()
    np.testing.assert_allclose(first.pre, rows.numpy(), rtol=0)
    np.testing.assert_allclose(first.post, hidden.numpy(), rtol=1e-5, atol=1e-6)
    expected = model.eval()(rows).detach()
    np.testing.assert_allclose(second.post, expected.numpy(), rtol=1e-5, atol=1e-6)


def test_answers_are_not_followed_into_other_tensors():
    """A residual is no activation of the neuron, nor is what attention makes of a projection."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.down = SparseLinear(6, 9, density=0.5), SparseLinear(9, 6, density=0.5)

        def forward(self, rows):
            hidden = self.up(rows)
            hidden = hidden * torch.sigmoid(hidden)  # both sides are of this layer
            answer = self.down(hidden)
            answer += rows
            return torch.relu(answer)

    torch.manual_seed(2)
    model, rows = Block(), torch.randn(20, 6)
    up, down = recorded_pass(model, rows)
    hidden = functional.silu(model.up(rows)).detach()
    np.testing.assert_allclose(up.post, hidden.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(down.pre, hidden.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(down.post, model.down(hidden).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_the_user_may_say_what_the_activation_is():
    model, rows = small_model(), torch.randn(20, 8)
    first, second = recorded_pass(model, rows, activation={"2": nn.Softmax(-1)})
    with torch.no_grad():
        np.testing.assert_allclose(first.post, model[:2](rows).numpy(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            second.post, model(rows).softmax(-1).numpy(), rtol=1e-5, atol=1e-6
        )


def test_every_source_of_rows():
    model, rows = small_model(), torch.randn(20, 8)
    loader = DataLoader(TensorDataset(rows, torch.zeros(20)), batch_size=20)
    for source in (rows, loader, [rows], lambda model: model(rows)):
        for evidence in recorded_pass(model, source):
            assert len(evidence.pre) == 20
    whole = recorded_pass(model, rows)[1]
    some = recorded_pass(model, rows, samples=7)[1]
    assert some.pre.shape == (7, 12)
    assert {tuple(row) for row in some.pre} <= {tuple(row) for row in whole.pre}
    tokens = torch.randn(3, 10, 8)
    assert recorded_pass(model, [tokens], samples=0.5)[0].pre.shape == (15, 8)


def test_a_loader_goes_round_and_round():
    model = small_model()
    loader = [torch.full((4, 8), float(number)) for number in range(2)]
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    evolution = Evolution(model, optimizer, "ctre-cosine", evidence=loader)
    ((rows, reads),) = evolution.method.needs(evolution._progress.stage(1)).items()
    seen = [evolution._evidence(rows, reads)[0].pre[0, 0] for _ in range(5)]
    assert seen == [0, 1, 0, 1, 0]


def test_without_rows_the_last_batch_is_taken_again():
    training = Training("ctre-cosine", similarity_samples=None)
    state = training.generator.get_state()
    training.backward()
    training.generator.set_state(state)
    rows, _ = training.batch()
    training.model.eval()
    training.model(torch.randn(5, 8))  # rows of a validation, which are nobody's batch
    training.model.train()
    ((sample, reads),) = training.evolution.method.needs(
        training.evolution._progress.stage(1)
    ).items()
    np.testing.assert_array_equal(training.evolution._evidence(sample, reads)[0].pre, rows.numpy())
    copy.deepcopy(training.model)
    torch.save(training.model, io.BytesIO())


def test_evidence_leaves_the_model_as_it_was():
    model = nn.Sequential(SparseLinear(8, 12, density=0.3), nn.BatchNorm1d(12), nn.Dropout(0.5))
    model[2].eval()
    before = copy.deepcopy(model.state_dict())
    recorded_pass(model, torch.randn(20, 8))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert [module.training for module in model] == [True, True, False]
    assert not any(module._forward_hooks for module in model.modules())


def test_a_layer_that_no_row_comes_to_is_named():
    model = nn.ModuleDict(
        {"used": SparseLinear(8, 4, density=0.5), "idle": SparseLinear(8, 4, density=0.5)}
    )
    model.forward = model["used"].forward
    with pytest.raises(InvalidParameterError, match="evidence must lead through layer 'idle'"):
        recorded_pass(model, lambda model: model["used"](torch.randn(3, 8)))
    with pytest.raises(InvalidParameterError, match="begin with one, got str"):
        recorded_pass(small_model(), ["rows"])


def test_a_stall_switches_policies():
    grow = Switch(MostSimilar(cosine), then=Random(), once=HasStalled())
    training = Training(Method(SmallestMagnitude(), grow), update_interval=1, patience=2)
    assert training.step()[0].n_random == 0
    for score in (0.5, 0.6, 0.6, 0.5):
        training.evolution.record_score(score)
    assert training.step()[0].n_random > 0


@pytest.mark.parametrize("method", ["set", "ctre-sim", "rigl", "momentum", "ctre-seq"])
def test_training_goes_on_from_a_checkpoint(method):
    """Into a fresh model, optimizer and evolution: bit for bit as if nothing had happened."""
    rows = torch.randn(20, 8, generator=torch.Generator().manual_seed(9))
    whole = Training(method, evidence=rows)
    whole.run(7)
    file = io.BytesIO()
    torch.save(
        [whole.model.state_dict(), whole.optimizer.state_dict(), whole.evolution.state_dict()], file
    )
    generator = whole.generator.get_state()
    whole.run(3)

    file.seek(0)
    model, optimizer, evolution = torch.load(file, weights_only=True)
    resumed = Training(method, model=small_model(seed=5), evidence=rows)
    resumed.model.load_state_dict(model)
    resumed.optimizer.load_state_dict(optimizer)
    resumed.evolution.load_state_dict(evolution)
    resumed.generator.set_state(generator)
    resumed.run(3)
    if method == "momentum":  # the batches before the checkpoint are not in it
        return
    for name, value in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name


@pytest.mark.parametrize(
    ("method", "n"), list(itertools.product(["set", "rigl", "ctre-sim"], [1, 3]))
)
def test_float64_evolves_too(method, n):
    model = small_model().double()
    optimizer = torch.optim.Adam(model.parameters())
    evolution = Evolution(model, optimizer, method, update_interval=n)
    for _ in range(n):
        model(torch.randn(16, 8, dtype=torch.float64)).square().mean().backward()
        optimizer.step()
        changes = evolution.step()
    assert all(change.n_died == change.n_born for change in changes)
    assert changes
