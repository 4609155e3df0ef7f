"""Draw the pictures of docs/performance.md from the results that are saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ctre.figure_style import INK, QUIET, as_png, new_figure, prepare_axes, soften

_RESULTS = Path(__file__).parent / "results"
_IMAGES = Path(__file__).parents[1] / "docs" / "images"
_MILLISECONDS = (0.1, 1, 10)
_COLORS = ("#2563eb", "#ea580c", "#16a34a", "#9333ea", "#dc2626", "#0d9488", "#ca8a04")


def main() -> None:
    _draw_training_speed(_read("training_speed"))
    _draw_density_curve(_read("density_curve"))
    _draw_scale(_read("scale"))


def _read(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((_RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return record


def _write(name: str, figure: Any) -> None:
    (_IMAGES / f"{name}.png").write_bytes(as_png(figure))


def _draw_training_speed(record: dict[str, Any]) -> None:
    """Bars: how many times slower than ours each rival is, with as many threads."""
    settings = {
        name: value["times_slower_than_ours"]
        for name, value in record.items()
        if isinstance(value, dict) and "times_slower_than_ours" in value
    }
    figure = new_figure(11, 4.2, "Training: how many times slower than ctre")
    for axes, (setting, ratios) in zip(
        figure.subplots(1, len(settings)), settings.items(), strict=True
    ):
        prepare_axes(axes, setting.replace("1000-1000-1000", "1000³"), grid="x")
        rivals = list(dict.fromkeys(name.rpartition(",")[0] for name in ratios))
        for shift, threads, color in (
            (-0.2, "1 thread", _COLORS[0]),
            (0.2, "2 threads", _COLORS[1]),
        ):
            values = [ratios.get(f"{rival}, {threads}") for rival in rivals]
            places = [place + shift for place, value in enumerate(values) if value]
            bars = axes.barh(
                places, [value for value in values if value], 0.38, color=color, label=threads
            )
            axes.bar_label(bars, fmt="%.0f", padding=3, fontsize=8, color=INK)
        axes.set_yticks(range(len(rivals)), rivals)
        axes.invert_yaxis()
        axes.margins(x=0.12)
    handles, labels = axes.get_legend_handles_labels()
    soften(figure.legend(handles, labels, loc="outside right center"))
    _write("training-speed", figure)


def _draw_density_curve(record: dict[str, Any]) -> None:
    """Seconds a batch over density, ours and dense training."""
    curve = {
        float(density): point["seconds_per_batch"] for density, point in record["curve"].items()
    }
    figure = new_figure(
        11, 4.2, f"{'-'.join(map(str, record['layer_sizes']))}: milliseconds a batch of 100"
    )
    for axes, threads in zip(figure.subplots(1, 2), ("1 thread", "2 threads"), strict=True):
        prepare_axes(axes, threads)
        for name, color in zip(("ours", "torch mask", "torch dense"), _COLORS, strict=False):
            values = [1e3 * point[f"{name}, {threads}"]["median"] for point in curve.values()]
            axes.plot([100 * density for density in curve], values, color=color, marker="o", ms=4,
                      label="ctre" if name == "ours" else name)  # fmt: skip
        even = record["break_even_density"][f"torch mask, {threads}"]
        if even:
            axes.axvline(100 * even, color=QUIET, ls=":", lw=1.4)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_yticks(_MILLISECONDS, [f"{tick:g}" for tick in _MILLISECONDS])
        ticks = [100 * density for density in curve]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("density (%)", color=INK, fontsize=9)
        soften(axes.legend(loc="center left"))
    _write("density-curve", figure)


def _draw_scale(record: dict[str, Any]) -> None:
    """Seconds and memory of an epoch over connections, up to layers of 300,000 neurons."""
    figure = new_figure(11, 4.2, "Three hidden layers of 1,000 to 300,000 neurons, batches of 2")
    seconds, memory = figure.subplots(1, 2)
    prepare_axes(seconds, "Seconds an epoch of 203 rows")
    prepare_axes(memory, "Peak memory (GB)")
    runs = {name: run for name, run in record.items() if name.startswith("lung")}
    methods = list(dict.fromkeys(name.split(": ")[1] for name in runs))
    for method, color in zip(methods, _COLORS, strict=False):
        own = [run for name, run in runs.items() if name.endswith(f": {method}")]
        connections = [run["n_connections"] for run in own]
        epochs = [sum(part["median"] for part in run["seconds"].values()) for run in own]
        seconds.plot(connections, epochs, color=color, marker="o", ms=4, label=method)
        memory.plot(
            connections, [run["bytes_at_peak"] / 1e9 for run in own], color=color, marker="o", ms=4
        )
    for axes, ticks in ((seconds, (0.1, 1, 10)), (memory, (0.2, 0.5, 1, 2))):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("connections", color=INK, fontsize=9)
    soften(seconds.legend(loc="upper left"))
    _write("scale", figure)


if __name__ == "__main__":
    main()
