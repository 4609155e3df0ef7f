"""Two processes that train one model, and processes that load data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from ctre.torch import SparseLinear  # noqa: E402

if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
    pytest.skip("this build of PyTorch has no gloo", allow_module_level=True)

PROGRAM = textwrap.dedent(
    """
    import os, signal, sys
    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel
    from ctre.torch import Evolution, SparseLinear

    method, folder, n_steps, begin = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    rank = int(os.environ["RANK"])
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet-{begin}", rank=rank,
                            world_size=2)
    torch.manual_seed(rank)  # each draws connections of its own; DDP gives all those of rank 0
    model = nn.Sequential(SparseLinear(8, 30, density=0.2), nn.ReLU(),
                          SparseLinear(30, 5, density=0.3))
    model = DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), 0.01)
    evolution = Evolution(model, optimizer, method, update_interval=20, seed=3)
    checkpoint = f"{folder}/checkpoint"
    if begin:
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state[0]); optimizer.load_state_dict(state[1])
        evolution.load_state_dict(state[2])
    n_updates = 0
    for step in range(begin, n_steps):
        if rank == 1 and step == int(os.environ.get("KILLED_AT", -1)):
            os.kill(os.getpid(), signal.SIGKILL)
        rows = torch.randn(10, 8, generator=torch.Generator().manual_seed(2 * step + rank))
        optimizer.zero_grad()
        model(rows).square().mean().backward()
        optimizer.step()
        n_updates += any(change.n_born for change in evolution.step())
        if step == 99 and rank == 1:  # any will do: all know the same
            torch.save([model.state_dict(), optimizer.state_dict(), evolution.state_dict()],
                       checkpoint)
    torch.save([n_updates, model.state_dict(), optimizer.state_dict()["state"],
                evolution.state_dict()], f"{folder}/{begin}-{rank}")
    dist.destroy_process_group()
    """
)


def start_two(method, folder, n_steps, begin=0, **environment):
    return [
        subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error",
                "-c",
                PROGRAM,
                method,
                folder,
                str(n_steps),
                str(begin),
            ],
            env={**os.environ, "RANK": str(rank), **environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]


def run_two(method, folder, n_steps, begin=0):
    """Run both processes to the end; give what each of them ended with."""
    for process in start_two(method, folder, n_steps, begin):
        _, complaint = process.communicate(timeout=300)
        assert process.returncode == 0, complaint
    return [torch.load(f"{folder}/{begin}-{rank}", weights_only=True) for rank in range(2)]


def assert_equal(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


@pytest.mark.slow  # starts six interpreters
@pytest.mark.parametrize("method", ["ctre-sim", "rigl"])
def test_two_processes_stay_bit_equal(method, tmp_path):
    """200 steps with 10 updates; then from a checkpoint of the 100th, once one has been killed.

    Planted: every process evolves by itself; generators that only the first one moves on.
    """
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    first, second = run_two(method, whole, 200)
    assert first[0] == second[0] == 10
    for one, other in zip(first[1:], second[1:], strict=True):
        assert_equal(one, other)
    processes = start_two(method, broken, 200, KILLED_AT="130")
    codes = []
    for process in processes:  # the other one does not wait for ever
        process.communicate(timeout=300)
        codes.append(process.returncode)
    assert codes[0] != 0
    assert codes[1] == -signal.SIGKILL
    again = run_two(method, broken, 200, begin=100)
    for process in again:
        assert process[0] == 5
        for one, other in zip(process[1:], first[1:], strict=True):
            assert_equal(one, other)


class Rows(torch.utils.data.Dataset):
    """Rows that a sparse layer prepares, in whatever process loads them."""

    def __init__(self):
        self.layer = SparseLinear(200, 100, density=0.2)

    def __len__(self):
        return 64

    def __getitem__(self, number):
        with torch.no_grad():
            return self.layer(torch.full((50, 200), float(number)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no fork")
# Newer versions of Python warn of fork in a process with threads, which PyTorch's own pool is.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_loaders_work_while_the_layer_runs():
    """After the kernels have run here on two threads. Planted: threads that live on."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        rows = Rows()
        big = SparseLinear(400, 400, density=0.1)
        big(torch.randn(2000, 400)).sum().backward()
        loader = torch.utils.data.DataLoader(
            rows, batch_size=8, num_workers=2, multiprocessing_context="fork", timeout=60
        )
        for first, batch in zip(range(0, 64, 8), loader, strict=True):
            with torch.no_grad():
                assert torch.equal(batch[3], rows[first + 3])
            big(torch.randn(500, 400)).sum().backward()
    finally:
        torch.set_num_threads(before)
