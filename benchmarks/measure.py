"""What every benchmark shares: threads, interleaved timing, and a report that says where it ran."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

os.environ.setdefault("CTRE_KERNELS", "native")  # an install without them must not pass for fast

_RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("ctre", "numpy", "scipy", "scikit-learn", "torch", "sparselab")
_INSTRUCTION_SETS = ("avx512f", "avx2", "sse4_2", "asimd")  # widest first, as /proc/cpuinfo says


@dataclass(frozen=True)
class Spread:
    """What came out of the rounds."""

    median: float
    lower_quartile: float
    upper_quartile: float
    lowest: float
    n_rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        lower, median, upper = map(float, np.quantile(values, [0.25, 0.5, 0.75]))
        return cls(median, lower, upper, min(values), len(values))


@dataclass(frozen=True)
class Arguments:
    """What the command line asked for."""

    rounds: int
    cpu_time: bool

    @property
    def clock(self) -> Callable[[], float]:
        """What time is read from."""
        return time.process_time if self.cpu_time else time.perf_counter

    @property
    def threads(self) -> tuple[int, ...]:
        """Numbers of threads to measure with; processor time says nothing of two."""
        return (1,) if self.cpu_time else (1, 2)


def arguments(question: str, n_rounds: int, *, offer_cpu_time: bool = False) -> Arguments:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=question)
    parser.add_argument("--rounds", type=int, default=n_rounds, help="default: %(default)s")
    if offer_cpu_time:
        parser.add_argument(
            "--cpu-time",
            action="store_true",
            help="for a busy machine: processor time, one thread each; printed, not saved",
        )
    chosen = parser.parse_args()
    return Arguments(chosen.rounds, offer_cpu_time and chosen.cpu_time)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Time one call."""
    started = clock()
    work()
    return clock() - started


def interleave(contestants: Mapping[str, Callable[[], float]], n_rounds: int) -> dict[str, Spread]:
    """Let every contestant measure itself once a round, in turn, so that all meet the same weather.

    Every other round runs backwards: nobody always follows the same neighbour.
    """
    values: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(n_rounds):
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            values[name].append(contestants[name]())
    return {name: Spread.of(measured) for name, measured in values.items()}


@contextmanager
def limited_threads(n_threads: int) -> Iterator[None]:
    """Hold every thread pool of this process (BLAS, OpenMP, PyTorch) to so many threads."""
    with ThreadpoolController().limit(limits=n_threads):
        if "torch" in sys.modules:  # its MKL is linked in, where the controller cannot see it
            sys.modules["torch"].set_num_threads(n_threads)
        yield


@contextmanager
def report(question: str, *, cpu_time: bool = False) -> Iterator[dict[str, Any]]:
    """Give a dictionary to fill; print it and save it as ``results/<script>.json`` at the end."""
    results: dict[str, Any] = {}
    ours, all_ = _busy_seconds()
    started = time.perf_counter()
    yield results
    took = time.perf_counter() - started
    ours, all_ = _busy_seconds()[0] - ours, _busy_seconds()[1] - all_
    n_cores = os.cpu_count() or 1
    record = {
        "question": question,
        "machine": _machine(),
        "versions": _versions(),
        "kernels": os.environ["CTRE_KERNELS"],
        "run": {
            "date": time.strftime("%Y-%m-%d"),
            "clock": "processor time" if cpu_time else "wall clock",
            "seconds": took,
            # Share of the machine that went to strangers: near 0 in a trustworthy run.
            "others_busy": max(0.0, all_ - ours) / (took * n_cores),
        },
        **results,
    }
    text = json.dumps(record, indent=2, default=asdict)
    print(text)
    if cpu_time:
        return
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / f"{Path(sys.argv[0]).stem}.json").write_text(text + "\n", encoding="utf-8")


def _machine() -> dict[str, Any]:
    facts = _cpu_facts()
    flags = set(facts.get("flags", facts.get("Features", "")).split())
    return {
        "cpu": facts.get("model name", platform.processor()),
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "widest_instruction_set": next((isa for isa in _INSTRUCTION_SETS if isa in flags), None),
        "cache": facts.get("cache size"),
        "system": platform.platform(),
    }


def _cpu_facts() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _busy_seconds() -> tuple[float, float]:
    """Give the processor seconds of this process with its children, and of the whole machine."""
    times = os.times()
    ours = times.user + times.system + times.children_user + times.children_system
    try:
        stat = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    except OSError:  # not Linux: strangers go unseen
        return ours, ours
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.split()[1:9])
    return ours, (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
