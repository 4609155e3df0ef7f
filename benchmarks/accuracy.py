"""How accurate is it? The trainings behind docs/results.md; ``--show`` prints its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studies import main, markdown, mean_and_spread

from ctre.estimators import PROTOCOLS
from ctre.experiments import Cell, DataSource, Experiment, facts_of

DEFAULT = "What a user gets who sets nothing"
_FALLING = {
    "method": "ctre-seq", "learning_rate_init": 0.1, "learning_rate": "cosine",
    "drop_fraction_schedule": "cosine", "max_iter": 200, "weight_init": "normal",
    "similarity_samples": 512,
}  # fmt: skip
_LONG = {"method": "ctre-seq", "learning_rate_init": 0.1, "similarity_samples": 512}
_ANY = "at any epsilon"

# (data, protocol, what else is set, the paper's figure)
STUDIES: dict[str, list[tuple[str, str, dict[str, Any], str]]] = {
    "A larger learning rate, falling to zero": [
        ("madelon", "paper", _FALLING, f"83.9 {_ANY}"),
        ("mnist", "paper", _FALLING, f"98.0 {_ANY}"),
        ("fashion-mnist", "paper", _FALLING, f"88.3 {_ANY}"),
        ("cifar10", "paper", _FALLING, f"53.6 {_ANY}"),
        ("isolet", "paper", _LONG, f"94.9 {_ANY}"),
    ],
    DEFAULT: [
        *(
            (name, "default", {}, "")
            for name in (
                "madelon", "isolet", "pcmac", "basehock", "digits", "breast-cancer", "wine",
                "mnist", "fashion-mnist", "cifar10",
            )
        ),
        ("cifar10", "default", {"scaling": "standard"}, ""),
    ],
}  # fmt: skip


def experiments() -> Iterator[Experiment]:
    """Spell the studies out; the paper's own protocol is `ctre reproduce`'s."""
    for title, lines in STUDIES.items():
        for seed in range(5 if title == DEFAULT else 3):
            for data, protocol, changes, _ in lines:
                yield _experiment(data, protocol, changes, seed)


def _experiment(data: str, protocol: str, changes: dict[str, Any], seed: int) -> Experiment:
    facts = facts_of(DataSource(data))
    scaling = {"scaling": facts.paper_scale} if protocol == "paper" else {}
    return Experiment.of(facts, {**PROTOCOLS[protocol], **scaling, **changes}, seed)


def show(cells: list[Cell]) -> None:
    """Print a table for each study."""
    found = {cell.runs[0].experiment.cell: cell for cell in cells}
    for title, lines in STUDIES.items():
        rows = []
        for data, protocol, changes, paper in lines:
            cell = found.get(_experiment(data, protocol, changes, 0).cell)
            if cell is None:
                continue
            what = ", ".join([protocol, *(f"{name} {value}" for name, value in changes.items())])
            accuracies = ", ".join(f"{value:.1f}" for value in cell.by_seed.values())
            seconds = f"{cell.average(lambda result: result.seconds.total):.0f}"
            rows.append([data, what, accuracies, mean_and_spread(cell), paper or None, seconds])
        head = ["data", "settings", "accuracy", "mean ± std", "paper", "seconds"]
        print(f"\n## {title}\n\n{markdown(head, rows)}", end="")


if __name__ == "__main__":
    main("accuracy", __doc__ or "", list(experiments()), show)
