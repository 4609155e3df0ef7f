"""How accurate is it? Trains the rows of docs/results.md through the command line.

Every finished run is one line of ``results/accuracy.jsonl``; an interrupted study goes on where it
was. ``python benchmarks/accuracy.py --table`` prints the tables from the lines that are there.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import mean, pstdev

STORE = Path(__file__).parent / "results" / "accuracy.jsonl"
SEEDS, DEFAULT_SEEDS = range(3), range(5)
DEFAULT_DATA = (
    "madelon", "isolet", "pcmac", "basehock", "digits", "breast-cancer", "wine", "mnist",
    "fashion-mnist", "cifar10",
)  # fmt: skip
DEFAULT = "What a user gets who sets nothing"

# (what it shows, options of `ctre train`, the paper's figure or None, the least we expect)
PAPER = "--protocol paper"
COSINE = (
    "--protocol paper --method ctre-seq --learning-rate 0.1 --schedule cosine"
    " --zeta-schedule cosine --epochs 200 --init normal --similarity-samples 512"
)
STUDIES: dict[str, list[tuple[str, str, str]]] = {
    "The paper's protocol": [
        ("madelon", f"{PAPER} --method set", "61.7 ± 1.2"),
        ("madelon", f"{PAPER} --method ctre-sim", "78.8 ± 2.2"),
        ("madelon", f"{PAPER} --method ctre-sim --init normal", "82.9 ± 1.1"),
        ("madelon", f"{PAPER} --method ctre-seq --init normal", "87.2 ± 0.2"),
        ("madelon", f"{PAPER} --method ctre-cosine --init normal", "88.2 ± 0.6"),
        ("mnist", f"{PAPER} --method set", "95.8 ± 0.1"),
        ("mnist", f"{PAPER} --method ctre-sim --similarity-samples 512", "96.6 ± 0.2"),
    ],
    "A larger learning rate, falling to zero": [
        ("madelon", COSINE, "83.9 at any epsilon"),
        ("mnist", COSINE, "98.0 at any epsilon"),
        ("fashion-mnist", COSINE, "88.3 at any epsilon"),
        ("cifar10", COSINE, "53.6 at any epsilon"),
        (
            "isolet",
            f"{PAPER} --method ctre-seq --learning-rate 0.1 --similarity-samples 512",
            "94.9 at any epsilon",
        ),
    ],
    DEFAULT: [
        *((name, "", "") for name in DEFAULT_DATA),
        ("cifar10", "--scale standard", ""),
    ],
}


def finished() -> dict[str, dict[str, object]]:
    """Read the runs that are done, by command."""
    lines = STORE.read_text().splitlines() if STORE.exists() else []
    return {run["command"]: run for run in map(json.loads, lines)}


def seeds_of(study: str) -> range:
    """Give the seeds of a table."""
    return DEFAULT_SEEDS if study == DEFAULT else SEEDS


def command(data: str, options: str, seed: int) -> str:
    """Write the command of one run."""
    return " ".join(f"ctre train {data} {options} --seed {seed}".split())


def run(only: str) -> None:
    """Train what is not done yet."""
    done = finished()
    for study, rows in STUDIES.items():
        for data, options, _ in rows:
            for seed in seeds_of(study):
                line = command(data, options, seed)
                if line in done or only not in f"{study} {line}":
                    continue
                words = [sys.executable, "-m", "ctre", *shlex.split(line)[1:], "--json"]
                outcome = json.loads(subprocess.run(words, check=True, stdout=-1).stdout)
                record = {"command": line} | {
                    key: outcome[key]
                    for key in (
                        "test_accuracy",
                        "validation_accuracy",
                        "best_epoch",
                        "seconds",
                        "n_connections",
                        "threads",
                        "version",
                    )
                }
                STORE.parent.mkdir(exist_ok=True)
                with STORE.open("a") as store:
                    store.write(json.dumps(record) + "\n")
                print(f"{outcome['test_accuracy']:.4f}  {line}", file=sys.stderr)


def table() -> None:
    """Print the tables in Markdown."""
    done = finished()
    for study, rows in STUDIES.items():
        print(f"\n## {study}\n")
        seeds = ", ".join(f"`{seed}`" for seed in seeds_of(study)[1:])
        print(f"| command (`--seed 0`, {seeds}) | accuracy | mean ± std | paper | seconds |")
        print("|---|---|---|---|---|")
        for data, options, paper in rows:
            runs = [
                done[line] for s in seeds_of(study) if (line := command(data, options, s)) in done
            ]
            if not runs:
                continue
            shares = [100 * run["test_accuracy"] for run in runs]
            seconds = mean(run["seconds"]["total"] for run in runs)
            print(
                f"| `{command(data, options, 0).removesuffix(' --seed 0')}` "
                f"| {', '.join(f'{share:.1f}' for share in shares)} "
                f"| {mean(shares):.1f} ± {pstdev(shares):.1f} | {paper or '–'} | {seconds:.0f} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="print the tables, train nothing")
    parser.add_argument("--only", default="", help="part of the command or title of what to train")
    arguments = parser.parse_args()
    table() if arguments.table else run(arguments.only)
