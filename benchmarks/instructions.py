"""Does a kernel need more instructions than it did?

Builds the kernels with a program that does a little fixed work with each (``instructions.cpp``),
counts under valgrind, and fails where a count is more than 5 % above the one recorded in
``results/instructions.json``. No clock is read: a busy machine gives the same counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_PROJECT = Path(__file__).parents[1]
_BUILD = _PROJECT / "build" / "instructions"
_RECORD = _PROJECT / "benchmarks" / "results" / "instructions.json"
_TOLERANCE = 0.05
# Else the C library clears memory by one instruction that valgrind counts once a byte.
_NO_BYTEWISE = "glibc.cpu.x86_rep_stosb_threshold=0x40000000"


@dataclass(frozen=True)
class Counts:
    """Instructions of each piece of work, and what they depend on beside the source."""

    compiler: str
    valgrind: str
    instructions: dict[str, int]

    @property
    def compiler_series(self) -> str:
        """The compiler without its minor version, which seldom changes code: 'GCC 12'."""
        return self.compiler.partition(".")[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="make today's counts the record")
    chosen = parser.parse_args()
    try:
        now = count()
    except FileNotFoundError as error:
        print(f"Nothing was counted: {error.filename} is not installed.", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"Nothing was counted: this failed: {' '.join(error.cmd)}", file=sys.stderr)
        return 2
    if chosen.record:
        _RECORD.write_text(json.dumps(asdict(now), indent=2) + "\n", encoding="utf-8")
    recorded = Counts(**json.loads(_RECORD.read_text(encoding="utf-8")))
    print(table(recorded.instructions, now.instructions))
    if now.compiler_series != recorded.compiler_series:
        print(
            f"NOT JUDGED: the record is of {recorded.compiler}, this is {now.compiler}, and counts "
            "of two compilers do not compare. To judge a change with this one, use --record "
            "on the revision before it."
        )
        return 0
    complaints = judge(recorded.instructions, now.instructions)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print(
            f"callgrind_annotate --threshold=100 {_BUILD / 'work'}.N tells where the N-th spends "
            "them; `python benchmarks/instructions.py --record` accepts the new counts.",
            file=sys.stderr,
        )
    return 1 if complaints else 0


def judge(recorded: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Say in a sentence each which work got too expensive, or has nothing to compare with."""
    complaints = [f"{work}: recorded, but no longer counted." for work in recorded.keys() - now]
    for work, n_now in now.items():
        if work not in recorded:
            complaints.append(f"{work}: counted, but not recorded.")
        elif n_now > (1 + _TOLERANCE) * recorded[work]:
            growth = n_now / recorded[work] - 1
            complaints.append(
                f"{work}: {n_now:,} instructions, {growth:.1%} more than the {recorded[work]:,} "
                f"recorded; up to {_TOLERANCE:.0%} would pass."
            )
    return complaints


def table(recorded: Mapping[str, int], now: Mapping[str, int]) -> str:
    """Set the counts side by side."""
    lines = [f"{'instructions':34}{'recorded':>14}{'now':>14}{'change':>10}"]
    for work, n_now in now.items():
        n_then = recorded.get(work)
        then, change = (f"{n_then:,}", f"{n_now / n_then - 1:+.2%}") if n_then else ("-", "-")
        lines.append(f"{work:34}{then:>14}{n_now:>14,}{change:>10}")
    return "\n".join(lines)


def count() -> Counts:
    """Build and run the program; callgrind leaves one file for each piece of work."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise FileNotFoundError(None, None, "valgrind")
    cmake = [sys.executable, "-m", "cmake"]
    settings = ["-DCTRE_INSTRUCTIONS=ON", "-DCMAKE_BUILD_TYPE=Release"]
    _run(*cmake, "-S", str(_PROJECT), "-B", str(_BUILD), *settings)
    _run(*cmake, "--build", str(_BUILD), "--parallel", "2")
    for old in _BUILD.glob("work.*"):
        old.unlink()
    compiler, *names = _run(
        valgrind,
        "--quiet",
        "--tool=callgrind",
        "--toggle-collect=counted",
        "--dump-after=counted",
        "--compress-strings=no",  # else only the first file has names
        f"--callgrind-out-file={_BUILD / 'work'}",
        str(_BUILD / "instructions"),
    ).splitlines()
    return Counts(
        compiler,
        _run(valgrind, "--version").strip(),
        {name: _total(_BUILD / f"work.{number}") for number, name in enumerate(names, start=1)},
    )


def _run(*command: str) -> str:
    environment = {**os.environ, "GLIBC_TUNABLES": _NO_BYTEWISE}
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout


def _total(dump: Path) -> int:
    lines = dump.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("totals:"))


if __name__ == "__main__":
    sys.exit(main())
