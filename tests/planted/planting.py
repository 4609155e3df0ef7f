"""Plant likely mistakes, one by one, and see that the suite notices each: `make test-planted`.

The mistakes are in ``mistakes/*.toml``; each names the test that is there to notice it. It is
planted in a copy of the tree that is made for it, so the working tree stays as it is.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDERS = ("src", "tests", "benchmarks", "docs", ".ci", ".github")
SECONDS = 600  # for the tests of one mistake, which may never end


class Outcome(Enum):
    NOTICED = "noticed"
    NOT_NOTICED = "NOT NOTICED"
    NOT_FOUND = "TEXT NOT FOUND"
    NOT_RUN = "TESTS NOT RUN"


class Mistake(NamedTuple):
    why: str
    """What is wrong about it, in words."""
    file: str
    """Where it is made."""
    right: str
    """What stands there, exactly once."""
    wrong: str
    """What the mistake makes of it."""
    tests: tuple[str, ...]
    """Test files, or single tests, of which one has to fail."""
    kernels: str = ""
    """Which kernels they run on; those of the environment, if nothing is said."""


def read_mistakes(folder: Path = HERE / "mistakes") -> list[Mistake]:
    return [
        Mistake(**{**entry, "tests": tuple(entry["tests"])})
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mistake"]
    ]


def plant(mistake: Mistake, root: Path) -> bool:
    """Make the mistake in a tree; False, and nothing done, unless its place is there, once."""
    path = root / mistake.file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text.count(mistake.right) != 1:
        return False
    path.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    return True


@contextmanager
def copied_tree() -> Iterator[Path]:
    """Copy what the tests read, with the compiled kernels, if there are any, beside their source.

    Every copy is a fresh one without bytecode: Python takes bytecode for current by the second and
    the size of its source, which a mistake may well leave as they are.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name).resolve()
        for folder in FOLDERS:
            if (ROOT / folder).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.so")
                shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
        for file in ROOT.iterdir():
            if file.is_file() and file.name != ".git":
                shutil.copy(file, copy)
        native = importlib.util.find_spec("ctre.kernels._native")
        if native is not None and native.origin is not None:
            compiled = Path(native.origin)
            (copy / "src/ctre/kernels" / compiled.name).symlink_to(compiled)
        yield copy


def run_python(copy: Path, *arguments: str, kernels: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python where `ctre` is the copy's, in the processes that tests start too."""
    paths = (copy / "tests/planted/on_the_path", copy / "src")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if kernels:
        environment["CTRE_KERNELS"] = kernels
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def run_tests(copy: Path, tests: Iterable[str], kernels: str) -> subprocess.CompletedProcess[str]:
    arguments = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests)
    return run_python(copy, *arguments, kernels=kernels)


def require_a_sound_tree(mistakes: Sequence[Mistake]) -> None:
    """See that `ctre` is the copy's there, and that the tests pass while nothing is planted."""
    with copied_tree() as copy:
        found = run_python(copy, "-c", "import ctre; print(ctre.__file__)")
        if not found.stdout.startswith(str(copy)):
            sys.exit(f"The copy in {copy} is not what is imported:\n{found.stdout}{found.stderr}")
        tests: dict[str, set[str]] = {}
        for mistake in mistakes:
            tests.setdefault(mistake.kernels, set()).update(mistake.tests)
        for kernels, some in tests.items():
            passed = run_tests(copy, sorted(some), kernels)
            if passed.returncode:
                sys.exit(f"Tests fail, or are none, with nothing planted:\n{passed.stdout}")


def see(mistake: Mistake) -> tuple[Outcome, str]:
    """Plant a mistake and run its tests; give their output too."""
    with copied_tree() as copy:
        if not plant(mistake, copy):
            return Outcome.NOT_FOUND, ""
        try:
            result = run_tests(copy, mistake.tests, mistake.kernels)
        except subprocess.TimeoutExpired:
            return Outcome.NOT_RUN, f"No end after {SECONDS} s."
    # pytest: 0 all passed, 1 some failed; else it could not run them
    outcomes = {0: Outcome.NOT_NOTICED, 1: Outcome.NOTICED}
    return outcomes.get(result.returncode, Outcome.NOT_RUN), result.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description="Plant mistakes and see that tests notice them.")
    parser.add_argument("-k", metavar="TEXT", default="", help="only those whose words have TEXT")
    parser.add_argument("-j", metavar="N", type=int, default=1, help="as many at a time")
    parser.add_argument("-v", action="store_true", help="say how they were noticed")
    options = parser.parse_args()
    mistakes = [
        mistake
        for mistake in read_mistakes()
        if options.k in " ".join((mistake.why, mistake.file, *mistake.tests))
    ]
    if not mistakes:
        sys.exit(f"No mistake has {options.k!r} in its words.")
    require_a_sound_tree(mistakes)
    n_noticed = 0
    with ThreadPoolExecutor(options.j) as pool:
        for mistake, (outcome, output) in zip(mistakes, pool.map(see, mistakes), strict=True):
            n_noticed += outcome is Outcome.NOTICED
            print(f"{outcome.value:14}  {mistake.file:36}  {mistake.why}", flush=True)
            if outcome is Outcome.NOT_RUN:
                print(output)
            elif options.v:
                print(*(line for line in output.splitlines() if line.startswith("E  ")), sep="\n")
    print(f"{n_noticed} of {len(mistakes)} mistakes were noticed.")
    return int(n_noticed < len(mistakes))


if __name__ == "__main__":
    sys.exit(main())
