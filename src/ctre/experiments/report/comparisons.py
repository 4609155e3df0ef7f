"""Tests of significance: within a data set, seed by seed; across data sets, by ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ctre.errors import MissingExtraError
from ctre.experiments.cells import Cell, in_order
from ctre.experiments.report import pictures
from ctre.experiments.report.document import Part, Picture, Section, Table, Value
from ctre.experiments.significance import kolmogorov_smirnov, smallest_p_value
from ctre.experiments.statistics import FEWEST_DATASETS, Paired, across, paired

_CTRE = ("ctre-seq", "ctre-sim")
_RIVALS = ("snip", "rigl", "set")
_LEVEL = 0.05
_NONE = "–"


def within_section(cells: Sequence[Cell]) -> Iterator[Section]:
    """Compare the best method with each other one, where data, size and density are the same."""
    rows = []
    fewest = 10**9
    for (dataset, shape, _), own in _comparable(cells).items():
        for best, other in _pairs(own):
            comparison = paired(best.by_seed, other.by_seed)
            if comparison is None:
                continue
            ks = kolmogorov_smirnov(list(best.by_seed.values()), list(other.by_seed.values()))
            fewest = min(fewest, best.n, other.n)
            rows.append(
                [
                    Value(dataset),
                    Value(shape),
                    Value(_budget(best, other), order=best.epsilon),
                    Value(best.method),
                    Value(other.method),
                    Value(_difference(comparison), order=comparison.difference),
                    Value(_p(comparison.p_value), order=_order(comparison.p_value)),
                    Value(f"{comparison.delta:+.2f}".replace("-", "−"), order=comparison.delta),
                    Value(
                        f"{'Reject' if ks.is_distinct(_LEVEL) else 'True'} ({ks.p_value:.2g})",
                        order=ks.p_value,
                    ),
                ]
            )
    if not rows:
        return
    least = smallest_p_value(fewest, fewest)
    words = (
        "The better one of ctre-seq and ctre-sim against snip, rigl and set, as in Table 3 of the "
        "paper; elsewhere the best method against each other one. Difference: mean of the pairs of "
        "equal seeds with its 95 % confidence interval, in percentage points; p: paired t-test; "
        "δ: Cliff's delta, 1 where the first is always above. None of these p-values is corrected "
        "for the number of tests."
    )
    ks_words = (
        "KS: what the paper's Table 3 says, “Reject” where the Kolmogorov–Smirnov test takes the "
        f"two for different at the level {_LEVEL}, else “True”. Where there are "
        f"{'one seed' if fewest == 1 else f'{fewest} seeds'} a side, its p-value cannot be lower "
        f"than {least:.2g}" + (", so it can reject nothing." if least >= _LEVEL else ".")
    )
    headers = ["data", "neurons", "density", "method", "against", "difference", "p", "δ", "KS"]
    table = Table("Within data sets", headers, rows, n_labels=5)
    yield Section("Is it more than chance? (Table 3)", [words, ks_words, table])


def across_section(cells: Sequence[Cell]) -> Iterator[Section]:
    """Compare methods over data sets, wherever size and density are the same."""
    parts: list[Part] = []
    groups = in_order(cells, lambda cell: (cell.shape, cell.budget, str(cell.unusual)))
    for (shape, budget, _), own in groups.items():
        accuracies = {
            dataset: {cell.method: cell.mean for cell in some}
            for dataset, some in in_order(own, lambda cell: cell.dataset).items()
        }
        found = across(accuracies)
        if found is None:
            continue
        title = f"{shape} neurons, {budget}"
        rows = [
            [Value(method), Value(f"{rank:.2f}", order=rank)]
            for method, rank in zip(found.methods, found.mean_ranks, strict=True)
        ]
        note = f"{found.n_datasets} data sets; Friedman's test: p = {found.friedman:.3g}."
        parts.append(Table(f"Mean ranks: {title}", ["method", "mean rank"], rows, note))
        parts.append(
            Table(
                f"Pairs: {title}",
                ["method", "against", "p"],
                [
                    [Value(one), Value(two), Value(f"{p:.3g}", order=p)]
                    for (one, two), p in found.pairs.items()
                ],
                "Wilcoxon's signed-rank test, corrected after Holm.",
                n_labels=2,
            )
        )
        try:
            pictures.require_posthocs()
        except MissingExtraError as error:
            parts.append(str(error))
            continue
        name = f"ranks-{shape}-{budget}".replace(" ", "-")
        parts.append(
            Picture(
                name,
                f"Critical difference: {title}",
                lambda found=found: pictures.critical_difference(found),  # type: ignore[misc]
                "Methods that a bar joins are not told apart at the level 0.05.",
            )
        )
    if parts:
        words = (
            "Over data sets, a mean of accuracies says little; ranks are compared, after Demšar "
            "(2006), where there are at least "
            f"{FEWEST_DATASETS} data sets. With five, Wilcoxon's p-value is never below 0.0625: "
            "only the ranks and Friedman's test can speak."
        )
        yield Section("Across data sets", [words, *parts])


def _comparable(cells: Sequence[Cell]) -> dict[tuple[str, str, str], list[Cell]]:
    """Group what differs in the method alone; a dense network goes with every density."""
    sparse = [cell for cell in cells if cell.budget != "dense"]
    dense = [cell for cell in cells if cell.budget == "dense"]
    groups = in_order(
        sparse,
        lambda cell: (cell.dataset, cell.shape, f"{cell.budget} {_shared(cell)}"),
    )
    for (dataset, shape, _), own in groups.items():
        own += [cell for cell in dense if (cell.dataset, cell.shape) == (dataset, shape)]
    return {place: own for place, own in groups.items() if len(own) > 1}


def _shared(cell: Cell) -> str:
    """Name the settings beside the paper's that every method has."""
    own = ("similarity_samples", "similarity_candidates", "patience")
    return str({name: value for name, value in cell.unusual.items() if name not in own})


def _pairs(own: Sequence[Cell]) -> list[tuple[Cell, Cell]]:
    usual = [cell for cell in own if not cell.unusual]
    ours = [cell for cell in usual if cell.method in _CTRE]
    rivals = [cell for cell in usual if cell.method in _RIVALS]
    if ours and rivals:
        best = max(ours, key=lambda cell: cell.mean)
        return [(best, other) for other in rivals]
    best = max(own, key=lambda cell: cell.mean)
    return [(best, other) for other in own if other is not best]


def _budget(best: Cell, other: Cell) -> str:
    return best.budget if best.budget != "dense" else other.budget


def _difference(comparison: Paired) -> str:
    words = f"{comparison.difference:+.1f}"
    if comparison.low is not None and comparison.high is not None:
        words += f" [{comparison.low:+.1f}, {comparison.high:+.1f}]"
    return words.replace("-", "−")


def _p(p_value: float | None) -> str:
    return _NONE if p_value is None else f"{p_value:.3f}"


def _order(p_value: float | None) -> float:
    return 2.0 if p_value is None else p_value
