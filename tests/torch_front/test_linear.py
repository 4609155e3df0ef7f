"""`SparseLinear` against ``nn.Linear`` with zeros, in every shape, type and state."""

from __future__ import annotations

import copy
import io
import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from ctre.errors import InvalidParameterError  # noqa: E402
from ctre.topology import Topology  # noqa: E402
from ctre.torch import SlowLayerWarning, SparseLinear, operations, sparsify_  # noqa: E402

nn, functional = torch.nn, torch.nn.functional


def dense_answer(layer, rows, *, dtype=torch.float64):
    """Compute in another type with the dense matrix; all leaves require gradients."""
    leaves = [rows, layer.weight] + ([] if layer.bias is None else [layer.bias])
    leaves = [leaf.detach().to(dtype).clone().requires_grad_() for leaf in leaves]
    return functional.linear(*leaves), leaves


def assert_as_dense(layer, rows, atol):
    rows = rows.detach().clone().requires_grad_()
    answer = layer(rows)
    expected, leaves = dense_answer(layer, rows)
    torch.testing.assert_close(answer.double(), expected, rtol=0, atol=atol)
    error = torch.randn(answer.shape, dtype=torch.float64)
    layer.zero_grad()
    answer.backward(error.to(answer.dtype))
    expected.backward(error)
    topology = layer.topology
    at = tuple(torch.from_numpy(np.int64(of)) for of in (topology.post_indices, topology.indices))
    wanted = [leaves[0].grad, leaves[1].grad[at]] + [leaf.grad for leaf in leaves[2:]]
    found = [rows.grad, layer.values.grad] + ([] if layer.bias is None else [layer.bias.grad])
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=0, atol=atol)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 9), (9,), (2, 3, 9), (2, 1, 4, 9), (0, 9), (2, 0, 9)])
def test_every_batch_shape(shape, bias, dtype):
    torch.manual_seed(0)
    layer = SparseLinear(9, 7, density=0.3, bias=bias, dtype=dtype)
    rows = torch.randn(shape, dtype=dtype)
    assert layer(rows).shape == (*shape[:-1], 7)
    assert_as_dense(layer, rows, atol=1e-5 if dtype == torch.float32 else 1e-12)


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_values_and_gradients_are_those_of_a_masked_layer(data):
    """Whatever the sizes and the density, none and all of the places among them."""
    torch.manual_seed(data.draw(st.integers(0, 2**31)))
    n_in, n_out = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    count = data.draw(st.integers(0, n_in * n_out))
    dtype = data.draw(st.sampled_from([torch.float32, torch.float64]))
    layer = SparseLinear(n_in, n_out, n_connections=count, dtype=dtype)
    rows = torch.randn(data.draw(st.integers(0, 150)), n_in, dtype=dtype)
    assert_as_dense(layer, rows, atol=2e-3 if dtype == torch.float32 else 1e-10)


def test_neurons_without_connections_answer_their_bias():
    topology = Topology.from_keys(4, 3, np.array([1, 2], dtype=np.int64))
    layer = SparseLinear.of(topology, torch.ones(2), torch.tensor([1.0, 2.0, 3.0]))
    answer = layer(torch.ones(5, 4))
    assert answer.tolist() == [[3.0, 2.0, 3.0]] * 5


def test_input_that_is_not_contiguous():
    torch.manual_seed(1)
    layer = SparseLinear(9, 7, density=0.3)
    assert_as_dense(layer, torch.randn(9, 6).T, atol=1e-5)
    rows = torch.randn(6, 18)[:, ::2]
    assert not rows.is_contiguous()
    torch.testing.assert_close(layer(rows), layer(rows.contiguous()), rtol=0, atol=0)
    layer.zero_grad()
    layer(torch.randn(4, 9)).sum().backward()  # an error signal that is not: it is expanded
    torch.testing.assert_close(layer.bias.grad, torch.full((7,), 4.0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("wanted", list(itertools.product([False, True], repeat=3)))
def test_every_choice_of_what_requires_a_gradient(wanted, dtype):
    torch.manual_seed(2)
    layer = SparseLinear(9, 7, density=0.3, dtype=dtype)
    rows = torch.randn(5, 9, dtype=dtype).requires_grad_(wanted[0])
    layer.values.requires_grad_(wanted[1])
    layer.bias.requires_grad_(wanted[2])
    answer = layer(rows)
    assert answer.requires_grad == any(wanted)
    if any(wanted):
        answer.square().sum().backward()
    expected, leaves = dense_answer(layer, rows)
    expected.square().sum().backward()
    assert [part.grad is not None for part in (rows, layer.values, layer.bias)] == list(wanted)
    if wanted[0]:
        torch.testing.assert_close(rows.grad.double(), leaves[0].grad, rtol=1e-4, atol=1e-4)
    if wanted[2]:
        torch.testing.assert_close(layer.bias.grad.double(), leaves[2].grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_computes_in_single(dtype):
    torch.manual_seed(3)
    layer = SparseLinear(9, 7, density=0.3).to(dtype)
    assert layer.indices.dtype == torch.int32
    answer = layer(torch.randn(5, 9, dtype=dtype))
    assert answer.dtype == dtype
    answer.sum().backward()
    assert layer.values.grad.dtype == dtype


def test_gradcheck():
    torch.manual_seed(4)
    layer = SparseLinear(5, 4, density=0.5, dtype=torch.float64)
    rows = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, v, b: operations.sparse_linear(x, v, layer.indptr, layer.indices, b),
        (rows, layer.values, layer.bias),
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_operations_keep_their_promises(dtype):
    """What PyTorch checks of an operation: its fake, that it changes nothing, no shared memory."""
    layer = SparseLinear(5, 4, density=0.5, dtype=dtype)
    rows, error = torch.randn(2, 3, 5, dtype=dtype), torch.randn(2, 3, 4, dtype=dtype)
    parts = (layer.values.detach(), layer.indptr, layer.indices)
    tests = ("test_schema", "test_faketensor")
    for bias in (layer.bias.detach(), None):
        torch.library.opcheck(
            torch.ops.ctre.sparse_linear.default, (rows, *parts, bias), test_utils=tests
        )
    for wanted in itertools.product([False, True], repeat=3):
        torch.library.opcheck(
            torch.ops.ctre.sparse_linear_backward.default,
            (error, rows, *parts, *wanted),
            test_utils=tests,
        )


def test_twice_is_refused():
    layer = SparseLinear(5, 4, density=0.5)
    rows = torch.randn(3, 5, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(rows).square().sum(), rows, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_functional_transforms_are_refused():
    layer = SparseLinear(5, 4, density=0.5)
    with pytest.raises(RuntimeError, match="setup_context"):
        torch.func.vmap(layer)(torch.randn(3, 5))


def test_what_does_not_fit_is_refused():
    layer = SparseLinear(5, 4, density=0.5)
    with pytest.raises(InvalidParameterError, match=r"input must be of shape \(…, 5\), got \(3, 6"):
        layer(torch.randn(3, 6))
    with pytest.raises(InvalidParameterError, match=r"torch.float32, got torch.float64"):
        layer(torch.randn(3, 5, dtype=torch.float64))
    with pytest.raises(InvalidParameterError, match=r"must be a dense tensor, got .*ndarray"):
        layer(np.zeros((3, 5)))
    with pytest.raises(
        InvalidParameterError, match=r"must be a dense tensor, got torch.sparse_coo"
    ):
        layer(torch.zeros(3, 5).to_sparse())
    with pytest.raises(
        InvalidParameterError, match=r"dtype must be one of .*, got torch.complex64"
    ):
        SparseLinear(5, 4, density=0.5, dtype=torch.complex64)
    with pytest.raises(InvalidParameterError, match="Exactly one of density, epsilon"):
        SparseLinear(5, 5)
    with pytest.raises(InvalidParameterError, match="Exactly one of density, epsilon"):
        SparseLinear(5, 5, density=0.5, epsilon=1)
    with pytest.raises(InvalidParameterError, match=r"n_connections must be at most 25, .* got 26"):
        SparseLinear(5, 5, n_connections=26)
    with pytest.raises(InvalidParameterError, match="in_features must be at most 2147483647, got"):
        SparseLinear(2**31, 1, n_connections=1)


@pytest.mark.parametrize("value", [0, -1, 2, float("nan"), "a tenth", True])
def test_a_density_that_is_none_is_refused(value):
    with pytest.raises(InvalidParameterError, match=r"density must be a number in \(0, 1\], got"):
        SparseLinear(5, 5, density=value)
    with pytest.raises(InvalidParameterError, match=r"density must be a number in \(0, 1\], got"):
        sparsify_(nn.Linear(5, 5), value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("in_features", 0), ("in_features", 2.5), ("out_features", "5"), ("epsilon", 0),
     ("epsilon", float("inf")), ("n_connections", -1), ("n_connections", 2.5)],
)  # fmt: skip
def test_sizes_and_counts_that_are_none_are_refused(name, value):
    sizes = {"in_features": 5, "out_features": 5, "n_connections": 3}
    if name == "epsilon":
        del sizes["n_connections"]
    with pytest.raises(InvalidParameterError, match=f"{name} must be an? .* got {value!r}"):
        SparseLinear(**{**sizes, name: value})


def test_the_three_ways_to_say_how_many():
    assert SparseLinear(30, 20, density=0.1).n_connections == 60
    assert SparseLinear(30, 20, epsilon=2).n_connections == 100
    assert SparseLinear(30, 20, n_connections=17).n_connections == 17


def test_the_seed_of_torch_decides():
    torch.manual_seed(5)
    one = SparseLinear(30, 20, density=0.1)
    other = SparseLinear(30, 20, density=0.1)
    torch.manual_seed(5)
    again = SparseLinear(30, 20, density=0.1)
    assert torch.equal(one.indices, again.indices)
    assert torch.equal(one.values, again.values)
    assert not torch.equal(one.indices, other.indices)


def test_a_copy_is_a_layer_of_its_own():
    torch.manual_seed(6)
    layer, rows = SparseLinear(9, 7, density=0.3), torch.randn(4, 9)
    before = layer(rows)
    other = copy.deepcopy(layer)
    with torch.no_grad():
        other.values.zero_()
    torch.testing.assert_close(layer(rows), before, rtol=0, atol=0)
    assert not torch.equal(other(rows), before)


def test_state_dict_into_a_fresh_layer():
    """Whose connections are elsewhere, and of another number."""
    layer, rows = SparseLinear(9, 7, density=0.3), torch.randn(4, 9)
    for fresh in (SparseLinear(9, 7, density=0.3), SparseLinear(9, 7, density=0.6)):
        values = fresh.values
        fresh.load_state_dict(layer.state_dict())
        assert torch.equal(fresh(rows), layer(rows))
        assert fresh.values is values


def test_saved_to_a_file_and_back():
    layer, rows = SparseLinear(9, 7, density=0.3), torch.randn(4, 9)
    for what, weights_only in ((layer, False), (layer.state_dict(), True)):
        file = io.BytesIO()
        torch.save(what, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=weights_only)
        if weights_only:
            fresh = SparseLinear(9, 7, density=0.1)
            fresh.load_state_dict(loaded)
            loaded = fresh
        assert torch.equal(loaded(rows), layer(rows))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda state: state["indices"].fill_(9), r"indices must lie in \[0, 9\)"),
        (lambda state: state["indices"].fill_(-1), r"indices must lie in \[0, 9\)"),
        (lambda state: state["indices"].fill_(0), "indices must ascend within each neuron"),
        (lambda state: state["indptr"].fill_(0), "indptr must ascend from 0 to"),
        (lambda state: state.update(values=torch.ones(3)), "indices of that of values"),
        (lambda state: state.update(indptr=torch.zeros(3, dtype=torch.int32)), "indptr must be of"),
    ],
)
def test_damaged_connections_are_not_loaded(change, complaint):
    layer = SparseLinear(9, 7, density=0.3)
    state = copy.deepcopy(dict(layer.state_dict()))
    change(state)
    rows = torch.randn(4, 9)
    before = layer(rows)
    with pytest.raises(RuntimeError, match=complaint):
        layer.load_state_dict(state)
    assert torch.equal(layer(rows), before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_indices_that_somebody_broke_crash_nothing(dtype):
    layer = SparseLinear(9, 7, density=0.3, dtype=dtype)
    layer.indices.fill_(2**20)
    with pytest.raises((ValueError, RuntimeError, IndexError)):
        layer(torch.randn(4, 9, dtype=dtype))


def test_there_and_back_to_double():
    """The parameter goes on driving the layer."""
    layer, rows = SparseLinear(9, 7, density=0.3), torch.randn(4, 9)
    layer.double().float()
    with torch.no_grad():
        layer.values.zero_()
    torch.testing.assert_close(layer(rows), layer.bias.expand(4, 7))


def test_autocast_gives_float32():
    layer = SparseLinear(9, 7, density=0.3)
    model = nn.Sequential(nn.Linear(9, 9), layer, nn.Linear(7, 2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        between = model[:2](torch.randn(4, 9))
        loss = model(torch.randn(4, 9)).square().mean()
    assert between.dtype == torch.float32
    loss.backward()
    assert layer.values.grad.dtype == torch.float32
    double = SparseLinear(9, 7, density=0.3, dtype=torch.float64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert double(torch.randn(4, 9, dtype=torch.bfloat16)).dtype == torch.float64


def test_threads_follow_torch_and_change_no_bit(monkeypatch):
    """Forward and backward. Planted: a number of threads of ctre's own."""
    layer = SparseLinear(300, 200, density=0.2)
    rows = torch.randn(3000, 300, requires_grad=True)
    seen = []
    kernels = operations.kernels()

    class Spy:
        @staticmethod
        def layer_forward(*args, n_threads):
            seen.append(n_threads)
            return kernels.layer_forward(*args, n_threads=n_threads)

        @staticmethod
        def layer_backward(*args, n_threads, **wanted):
            seen.append(n_threads)
            return kernels.layer_backward(*args, n_threads=n_threads, **wanted)

    monkeypatch.setattr(operations, "kernels", lambda: Spy)
    before = torch.get_num_threads()
    try:
        answers = []
        for n_threads in (1, 2, 3):
            torch.set_num_threads(n_threads)
            answer = layer(rows)
            leaves = (rows, layer.values, layer.bias)
            answers.append((answer, *torch.autograd.grad(answer.square().sum(), leaves)))
        layer(rows[:1000])  # too little work for two
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 1, 2, 2, 3, 3, 1]
    for answer in answers:
        assert all(map(torch.equal, answer, answers[0]))


def test_a_warning_once_where_dense_would_be_faster(monkeypatch):
    monkeypatch.setattr(operations, "_warned", set())
    layer, rows = SparseLinear(300, 300, density=0.9), torch.randn(2, 300)
    with pytest.warns(SlowLayerWarning, match="density 0.9 is slower than nn.Linear"):
        layer(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(rows)
        SparseLinear(300, 300, density=0.05)(rows)
    with pytest.warns(SlowLayerWarning, match=r"in torch.float64 on 'cpu' is slower"):
        SparseLinear(300, 300, density=0.05, dtype=torch.float64)(rows.double())


def test_in_place_activations_behind_it():
    torch.manual_seed(7)
    layer, rows = SparseLinear(9, 7, density=0.3), torch.randn(2, 3, 9)
    expected = torch.relu(layer(rows))
    answer = nn.ReLU(inplace=True)(layer(rows))
    assert torch.equal(answer, expected)
    answer.sum().backward()


def test_layers_that_look_at_weight_get_a_dense_one():
    """PyTorch's transformer layers do, in evaluation mode."""
    torch.manual_seed(8)
    block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
    block.linear1 = SparseLinear(8, 16, density=0.3)
    block.linear2 = SparseLinear(16, 8, density=0.3)
    rows = torch.randn(2, 5, 8)
    expected = block(rows)
    block.eval()
    with torch.no_grad():
        torch.testing.assert_close(block(rows), expected, rtol=1e-4, atol=1e-5)


def test_export():
    layer = SparseLinear(9, 7, density=0.3)
    rows = torch.randn(4, 9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(nn.Sequential(layer, nn.ReLU()), (rows,))
    assert torch.equal(exported.module()(rows), torch.relu(layer(rows)))


def test_what_it_says_of_itself():
    assert repr(SparseLinear(30, 20, density=0.1)) == (
        "SparseLinear(in_features=30, out_features=20, n_connections=60, density=0.1, bias=True)"
    )


def test_gradients_gathered_piece_by_piece(monkeypatch):
    """Where all at once would not fit into memory. Planted: the errors of the first piece."""
    monkeypatch.setattr(operations, "_GATHERED", 50)
    torch.manual_seed(9)
    layer = SparseLinear(9, 7, density=0.5, dtype=torch.float64)
    assert_as_dense(layer, torch.randn(8, 9, dtype=torch.float64), atol=1e-12)


def test_weights_are_drawn_for_as_many_as_enter():
    """Else signals fade from layer to layer. Planted: as many as enter a dense layer's neuron."""
    torch.manual_seed(10)
    for layer in (
        SparseLinear(300, 100, density=0.05),
        sparsify_(nn.Linear(300, 100), 0.05, distribution="uniform"),
    ):
        largest = 15**-0.5
        assert 0.95 * largest < float(layer.values.detach().abs().max()) <= largest
