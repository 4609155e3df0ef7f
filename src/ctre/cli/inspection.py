"""What is said about a saved model: one record, printed for people or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ctre.cli.columns_report import describe_columns
from ctre.estimators.parameters import PARAMETERS
from ctre.figure_style import as_image
from ctre.model_picture import draw_model
from ctre.network import SparseLayer
from ctre.persistence import MODEL_FILE, SavedModel

_BAR_WIDTH = 30
_MOST_CLASSES = 8


def describe(saved: SavedModel, file: Path, n_inputs: int) -> dict[str, Any]:
    """Gather what is worth knowing about a model, ready for JSON.

    Parameters
    ----------
    saved : SavedModel
        The model.
    file : Path
        Where it is.
    n_inputs : int
        How many of the most important inputs to name.
    """
    estimator, names = saved.network, saved.feature_names
    network, task = estimator.network_, estimator.task_
    importances = estimator.feature_importances_
    degrees = network.layers[0].topology.out_degrees
    if saved.encoder is not None:  # an input is a column then, whatever it is encoded in
        names = tuple(saved.encoder.columns_)
        importances, degrees = (
            np.array(list(saved.encoder.by_column(values).values()), dtype=values.dtype)
            for values in (importances, degrees)
        )
    order = np.lexsort((-degrees, -importances))[:n_inputs]
    history = getattr(estimator, "history_", None)
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "estimator": type(estimator).__name__,
        "task": task.kind,
        "n_features": estimator.n_features_in_,
        "n_outputs": task.n_outputs,
        "classes": _classes(estimator),
        "target": saved.target,
        "activation": network.activation,
        "scaling": estimator.scaling_.name,
        "settings": {
            (line.option.key if line.option else line.name): getattr(estimator, line.name)
            for line in PARAMETERS
            if line.is_stored and hasattr(estimator, line.name)
        },
        "epochs": history and len(history),
        "best_epoch": history and history.best.epoch,
        "validation_score": history and history.best.validation_score,
        "metric": task.metric,
        "columns": None if saved.encoder is None else describe_columns(saved.encoder),
        "layers": [_layer(layer) for layer in network.layers],
        "n_connections": sum(network.n_connections),
        "n_dense": network.n_places,
        "density": network.density,
        "n_used_inputs": int(np.count_nonzero(network.layers[0].topology.out_degrees)),
        "top_inputs": [
            {
                "column": column,
                "name": None if names is None else names[column],
                "importance": float(importances[column]),
                "n_connections": int(degrees[column]),
            }
            for column in order.tolist()
        ],
    }


def _classes(estimator: Any) -> list[Any] | None:
    """Give the classes, of several columns those of each; None where numbers are predicted."""
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list):
        return [own.tolist() for own in classes]
    return None if classes is None else classes.tolist()


def _layer(layer: SparseLayer) -> dict[str, Any]:
    topology = layer.topology
    return {
        "n_pre": topology.n_pre,
        "n_post": topology.n_post,
        "n_connections": topology.n_connections,
        "density": topology.density,
        "in_degrees": _spread(topology.in_degrees),
        "out_degrees": _spread(topology.out_degrees),
    }


def _spread(degrees: NDArray[np.int32]) -> dict[str, float]:
    low, median, high = np.percentile(degrees, [0, 50, 100])
    return {"min": int(low), "median": float(median), "max": int(high)}


def draw(saved: SavedModel, file: Path, kind: str) -> bytes:
    """Draw the model, as a file's content of a kind such as "png"."""
    estimator, names = saved.network, saved.feature_names
    if saved.encoder is not None:
        names = tuple(saved.encoder.get_feature_names_out())
    figure = draw_model(
        estimator.network_,
        estimator.feature_importances_,
        title=(
            f"{_title(file)}, {estimator.method}: "
            f"{estimator.n_connections_:,} connections ({100 * estimator.density_:.3g} % of dense)"
        ),
        feature_names=names,
    )
    return as_image(figure, kind)


def _title(file: Path) -> str:
    """Name a model by its file, or by its folder if all are called alike."""
    return file.resolve().parent.name if file.name == MODEL_FILE else file.stem


def summarize(record: dict[str, Any]) -> RenderableType:
    """Lay the record out for people."""
    parts: list[RenderableType] = [
        Text.assemble((record["file"], "bold"), f"   {_size(record['bytes'])}"),
        "",
        _facts(record),
        "",
        _layers(record),
    ]
    if record["top_inputs"]:
        parts += ["", _inputs(record)]
    if record["picture"]:
        parts += ["", Text(f"Picture  {record['picture']}")]
    return Group(*parts)


def _size(n_bytes: int) -> str:
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    scale, unit = (1000, "kB") if n_bytes < 10**6 else (10**6, "MB")
    return f"{n_bytes / scale:,.1f} {unit}"


def _facts(record: dict[str, Any]) -> Table:
    facts = Table.grid(padding=(0, 3))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    facts.add_row("Learned", Text(_learned(record)))
    facts.add_row("Method", Text(f"{record['settings']['method']}, {_trained(record)}"))
    facts.add_row("Settings", Text(_settings(record) or "all as by default"))
    facts.add_row(
        "Rows", Text(f"{record['n_features']:,} columns, scaled by {record['scaling']!r}")
    )
    facts.add_row(
        "Connections",
        f"{record['n_connections']:,}, {100 * record['density']:.3g} % of "
        f"{record['n_dense']:,} in the dense network",
    )
    return facts


def _learned(record: dict[str, Any]) -> str:
    of = f" of {record['target']!r}" if record["target"] else ""
    words = f"{record['task']}{of}, {record['n_outputs']:,} "
    if record["classes"] is None:
        return f"{words}output{'s' * (record['n_outputs'] != 1)}"
    classes = record["classes"]
    shown = ", ".join(map(str, classes[:_MOST_CLASSES]))
    return f"{words}classes: {shown}{', …' if len(classes) > _MOST_CLASSES else ''}"


def _trained(record: dict[str, Any]) -> str:
    if record["epochs"] is None:
        return "epochs not recorded"
    words = f"epoch {record['best_epoch']} of {record['epochs']}"
    score = record["validation_score"]
    return words if score is None else f"{words}, validation {record['metric']} {score:.3f}"


def _settings(record: dict[str, Any]) -> str:
    """Write what is not the default as options; what has none by its name."""
    words = []
    for line in PARAMETERS:
        if not line.is_stored or line.name == "method":
            continue
        value = record["settings"].get(line.option.key if line.option else line.name)
        if value == line.default:
            continue
        none_word = line.option.none_word if line.option else None
        is_list = isinstance(value, list | tuple)
        text = (",".join(map(str, value)) or "none") if is_list else str(value)
        text = none_word if value is None and none_word else text
        if value is None and not none_word:
            continue  # of two that exclude each other, the one that was not chosen
        words.append(f"{line.option.flag} {text}" if line.option else f"{line.name}={text}")
    return " ".join(words)


def _layers(record: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("Layer")
    for name in ("Connections", "Density", "In-degree", "Out-degree"):
        table.add_column(name, justify="right")
    for layer in record["layers"]:
        table.add_row(
            f"{layer['n_pre']:,} → {layer['n_post']:,}",
            Text(f"{layer['n_connections']:,}", "bold"),
            f"{100 * layer['density']:.3g} %",
            *(_degrees(layer[name]) for name in ("in_degrees", "out_degrees")),
        )
    return table


def _degrees(spread: dict[str, float]) -> str:
    return f"{spread['min']:,} · {spread['median']:g} · {spread['max']:,}"


def _inputs(record: dict[str, Any]) -> Table:
    """Draw the most important inputs as a bar chart."""
    inputs = record["top_inputs"]
    most = max(entry["importance"] for entry in inputs) or 1.0
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    header = "Input" if inputs[0]["name"] is not None else "Input, from 0"
    table.add_column(header, max_width=32, no_wrap=True)
    table.add_column("Importance", justify="right")
    table.add_column("Connections", justify="right")
    table.add_column()
    for entry in inputs:
        bar = "━" * round(_BAR_WIDTH * entry["importance"] / most)
        name = str(entry["column"]) if entry["name"] is None else entry["name"]
        table.add_row(
            Text(name),
            Text(f"{100 * entry['importance']:.3g} %", "bold"),
            f"{entry['n_connections']:,}",
            Text(bar, "blue"),
        )
    table.caption = f"{record['n_used_inputs']:,} of {record['n_features']:,} inputs are connected."
    table.caption_justify = "left"
    return table
