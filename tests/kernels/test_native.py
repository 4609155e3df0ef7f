"""What only the C++ kernels have: threads, instruction sets, checked memory, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre.kernels import SGD, Adam, InputDropout, reference

MANY = {"n_samples": 900, "batch_size": 400, "sizes": (40, 60, 50, 5), "density": 0.05}
"""Several tiles in a batch, neurons nobody reads, neurons without input."""

FOREVER = {**MANY, "batch_size": 40}
"""With `Problem.order` repeated: an epoch that lasts until it is stopped."""


def assert_equal(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_close(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", [SGD(0.05), Adam(0.01)])
@pytest.mark.parametrize("n_threads", [2, 3, 7, 30])
def test_training_is_bit_equal_for_any_team(native, make_problem, optimizer, n_threads):
    """One thread has many tiles, thirty have one each. Planted: weights of the forward order."""
    problem = make_problem(**MANY, optimizer=optimizer, is_weighted=True)
    alone = problem.train(native, n_epochs=2)
    together = problem.copy(n_threads=n_threads).train(native, n_epochs=2)
    assert together.totals == alone.totals
    assert_equal(together.parameters, alone.parameters)


@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_prediction_is_bit_equal_for_any_team(native, make_problem, n_threads):
    problem = make_problem(**MANY)
    assert_equal([problem.copy(n_threads=n_threads).scores(native)], [problem.scores(native)])


def test_a_refused_thread_changes_nothing(native):  # noqa: ARG001 - skips without it
    """With no address space for a stack, a thread cannot start; those that did do its work."""
    pytest.importorskip("resource")
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux limits the address space")
    run_in_new_process(
        """
        import resource
        with open("/proc/self/statm") as statm:
            size = int(statm.read().split()[0]) * resource.getpagesize()
        alone = problem.train(native)
        resource.setrlimit(resource.RLIMIT_AS, (size + 2**22, resource.RLIM_INFINITY))
        together = problem.copy(n_threads=7).train(native)
        assert all(map(np.array_equal, together.parameters, alone.parameters))
        """
    )


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
def test_instruction_sets_agree(native, make_problem, isa, tmp_path):  # noqa: ARG001
    path = tmp_path / "parameters.npz"
    done = run_in_new_process(
        f"""
        from ctre.kernels import _native
        assert _native.isa() == {isa!r}
        np.savez({str(path)!r}, *problem.train(native).parameters, problem.scores(native))
        """,
        check=False,
        CTRE_ISA=isa,
    )
    if "on this processor" in done.stderr:
        pytest.skip(f"this processor has no {isa}")
    assert done.returncode == 0, done.stderr
    problem = make_problem(**MANY)
    with np.load(path) as saved:
        assert_close(
            list(saved.values()), [*problem.train(reference).parameters, problem.scores(reference)]
        )


def test_an_unknown_instruction_set_is_refused(native):  # noqa: ARG001
    done = run_in_new_process("", check=False, CTRE_ISA="mmx")
    assert "CTRE_ISA must be empty or one of" in done.stderr
    assert "got 'mmx'" in done.stderr


@pytest.mark.parametrize("n_samples", [1, 3, 9, 17, 33, 65, 200])
@pytest.mark.parametrize("n_features", [3, 8, 21, 40])
def test_every_tile_width_and_number_of_features(native, make_problem, n_samples, n_features):
    problem = make_problem(
        n_samples=n_samples, batch_size=n_samples, sizes=(n_features, 11, 3), huge=2.0
    )
    ours, plain = problem.train(native), problem.train(reference)
    assert_close(ours.parameters, plain.parameters)
    assert_close([ours.scores(native)], [plain.scores(reference)])


def test_a_batch_of_more_tiles_than_gradients_are_kept(native, make_problem):
    problem = make_problem(n_samples=9000, batch_size=9000, huge=2.0, n_threads=3)
    assert_close(problem.train(native).parameters, problem.train(reference).parameters)


@pytest.mark.parametrize("offset_type", [np.int32, np.int64])
@pytest.mark.parametrize("density", [0.02, 0.3])
def test_sparse_rows_are_bit_equal_to_dense_ones(native, make_problem, density, offset_type):
    problem = make_problem(**MANY | {"density": density}, is_sparse=True, n_threads=2)
    rows = problem.samples
    rows.indptr, rows.indices = rows.indptr.astype(offset_type), rows.indices.astype(offset_type)
    dense = problem.copy(samples=rows.toarray())
    ours, theirs = problem.train(native), dense.train(native)
    assert_equal(ours.parameters, theirs.parameters)
    assert_equal([ours.scores(native)], [theirs.scores(native)])


def test_repeated_entries_of_sparse_rows_add_up(native, make_problem):
    problem = make_problem(sizes=(3, 4, 2), density=1.0)
    twice = csr_array((np.float32([1, 2, 4]), [2, 0, 2], [0, 3]), shape=(1, 3))
    once = np.float32([[2, 0, 5]])
    assert_equal(
        [problem.copy(samples=twice).scores(native)], [problem.copy(samples=once).scores(native)]
    )


def test_a_row_scores_the_same_alone_and_among_many(native, make_problem):
    problem = make_problem(**MANY)
    alone = problem.copy(samples=problem.samples[7:8])
    assert_equal([alone.scores(native)[0]], [problem.scores(native)[7]])


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_activations_are_accurate_to_float_precision(native, make_problem, activation):
    layers = make_problem(sizes=(1, 1, 1), density=1.0).layers
    layers[0].weights[:], layers[0].biases[:] = 1, 0
    z = np.concatenate([np.linspace(-20, 20, 4001), [1e-6, 0.6249, 0.6251, 80, 1e4, -1e4, np.nan]])
    z = z.astype(np.float32)[:, None]
    ours, _ = native.activations(layers, z, activation=activation, n_threads=1)
    exact = np.tanh(z, dtype=np.float64)
    if activation == "logistic":
        exact = (1 + np.tanh(z / 2, dtype=np.float64)) / 2
    np.testing.assert_allclose(ours, exact, rtol=5e-7, atol=1e-15)


class StopError(Exception):
    pass


def test_what_tick_raises_leaves_between_two_batches(native, make_problem):
    done: list[int] = []

    def tick(n_done: int) -> None:
        done.append(n_done)
        raise StopError

    problem = make_problem(**FOREVER, optimizer=SGD(1e-3), n_threads=2)
    order = np.tile(problem.order, 10_000)
    stopped = problem.copy(order=order, tick=tick)
    with pytest.raises(StopError):
        native.train_epoch(stopped.layers, **arguments(stopped))
    assert done[0] % problem.batch_size == 0
    shorter = problem.copy(order=order[: done[0]])
    assert_equal(stopped.parameters, shorter.train(native).parameters)


def test_a_signal_ends_the_epoch(native, make_problem):
    def handler(number: int, frame: Any) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    problem = make_problem(**FOREVER, optimizer=SGD(1e-3))
    problem.order = np.tile(problem.order, 100_000)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(KeyboardInterrupt):
            problem.train(native)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def arguments(problem: Any) -> dict[str, Any]:
    everything = dict(vars(problem))
    del everything["layers"], everything["totals"]
    return everything


def changed(array: np.ndarray, index: int, value: int) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


Arguments = dict[str, Any]
WRONG_ARGUMENTS: dict[str, tuple[str, Callable[[Arguments], Arguments]]] = {
    "other dtype": ("samples", lambda a: {"samples": a["samples"].astype(np.float64)}),
    "other order": ("samples", lambda a: {"samples": np.asfortranarray(a["samples"])}),
    "a list": ("order", lambda a: {"order": a["order"].tolist()}),
    "a column less": ("samples", lambda a: {"samples": a["samples"][:, 1:].copy()}),
    "a sparse column more": (
        "samples",
        lambda a: {"samples": csr_array(np.pad(a["samples"], ((0, 0), (0, 1))))},
    ),
    "one dimension": ("samples", lambda a: {"samples": a["samples"][0]}),
    "row beyond": ("order", lambda a: {"order": changed(a["order"], 3, len(a["samples"]))}),
    "row negative": ("order", lambda a: {"order": changed(a["order"], 3, -1)}),
    "rows in 64 bits": ("order", lambda a: {"order": a["order"].astype(np.int64)}),
    "class beyond": ("targets", lambda a: {"targets": changed(a["targets"], 3, 3)}),
    "class negative": ("targets", lambda a: {"targets": changed(a["targets"], 3, -1)}),
    "a target less": ("targets", lambda a: {"targets": a["targets"][1:]}),
    "classes for values": ("targets", lambda _: {"loss": "squared_error"}),
    "a weight less": ("sample_weight", lambda _: {"sample_weight": np.ones(24, dtype=np.float32)}),
    "no inputs": ("input_dropout.share", lambda _: {"input_dropout": InputDropout(1.0, 0)}),
    "all inputs": ("input_dropout.share", lambda _: {"input_dropout": InputDropout(0.0, 0)}),
    "a negative seed": ("input_dropout.seed", lambda _: {"input_dropout": InputDropout(0.1, -1)}),
    "no batch": ("batch_size", lambda _: {"batch_size": 0}),
    "no thread": ("n_threads", lambda _: {"n_threads": 0}),
    "activation": ("activation", lambda _: {"activation": "softplus"}),
    "loss": ("loss", lambda _: {"loss": "hinge"}),
    "optimizer": (
        "optimizer must be one of 'SGD', 'Adam', got 'tuple'",
        lambda _: {"optimizer": (0.1, 0.9, True, 1e-4)},
    ),
    "slots of SGD": (r"layers\[0\].weight_slots", lambda _: {"optimizer": Adam(0.1)}),
    "no layers": ("layers", lambda _: {"layers": []}),
    "a layer less": (r"layers\[1\].n_pre", lambda a: {"layers": [a["layers"][0], a["layers"][2]]}),
}

WRONG_LAYERS: dict[str, tuple[str, Callable[[Any], Arguments]]] = {
    "n_pre": ("n_pre", lambda _: {"n_pre": 0}),
    "neuron beyond": ("indices", lambda c: {"indices": changed(c.indices, 0, c.n_pre)}),
    "neuron negative": ("indices", lambda c: {"indices": changed(c.indices, 0, -1)}),
    "offsets fall": ("indptr", lambda c: {"indptr": changed(c.indptr, 1, len(c.indices) + 1)}),
    "offsets start late": ("indptr", lambda c: {"indptr": changed(c.indptr, 0, 1)}),
    "offsets end late": ("indptr", lambda c: {"indptr": changed(c.indptr, -1, 10**6)}),
    "no offsets": ("indptr", lambda _: {"indptr": np.empty(0, dtype=np.int32)}),
    "a weight less": ("weights", lambda c: {"weights": c.weights[1:]}),
    "read-only weights": ("weights", lambda c: {"weights": read_only(c.weights)}),
    "a bias more": ("biases", lambda c: {"biases": np.append(c.biases, np.float32(0))}),
    "a slot too short": ("weight_slots", lambda c: {"weight_slots": (c.weights[1:],)}),
    "no bias slot": ("bias_slots", lambda _: {"bias_slots": ()}),
}


def read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.setflags(write=False)
    return view


@pytest.mark.parametrize("wrong", WRONG_ARGUMENTS)
def test_a_wrong_argument_is_named(native, make_problem, wrong):
    problem = make_problem()
    name, change = WRONG_ARGUMENTS[wrong]
    right = {"layers": problem.layers, **arguments(problem)}
    with pytest.raises(ValueError, match=rf"^{name}"):
        native.train_epoch(**right | change(right))


@pytest.mark.parametrize("wrong", WRONG_LAYERS)
def test_a_wrong_layer_is_named(native, make_problem, wrong):
    problem = make_problem()
    name, change = WRONG_LAYERS[wrong]
    problem.layers[1] = problem.layers[1]._replace(**change(problem.layers[1]))
    with pytest.raises(ValueError, match=rf"^layers\[1\]\.{name}"):
        native.train_epoch(problem.layers, **arguments(problem))


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("indices", [0, 12, 1]),
        ("indices", [0, -1, 1]),
        ("indptr", [0, 2, 1]),
        ("indptr", [0, 1, 4]),
    ],
)
def test_damaged_sparse_rows_are_refused(native, make_problem, part, wrong):
    problem = make_problem()
    rows = csr_array((np.ones(3, dtype=np.float32), [0, 1, 2], [0, 1, 3]), shape=(2, 12))
    setattr(rows, part, np.array(wrong, dtype=np.int32))
    with pytest.raises(ValueError, match=f"^samples.{part}"):
        problem.copy(samples=rows).scores(native)


def test_an_epoch_without_rows_changes_nothing(native, make_problem):
    problem = make_problem()
    problem.order = problem.order[:0]
    trained = problem.train(native)
    assert trained.totals == [(0.0, 0)]
    assert_equal(trained.parameters, problem.parameters)


def run_in_new_process(
    code: str, *, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run code that finds ``problem`` (as MANY) and ``native`` defined."""
    lines = [line[8:] for line in code.splitlines()]
    program = "\n".join(
        [
            "import numpy as np",
            "import conftest",
            "from ctre.kernels import native",
            f"problem = conftest.make_problem.__wrapped__()(**{MANY!r})",
            *lines,
        ]
    )
    here = os.path.dirname(__file__)  # noqa: PTH120
    paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment, "PYTHONPATH": paths},
        check=check,
        capture_output=True,
        text=True,
        timeout=60,
    )
