"""The comparison of the p-RNN paper: networks and strategies with the same number of units.

    python benchmarks/prnn.py --data DIR --json prnn.json

Hidasi et al. (RecSys 2016), table 2 and figure 3: one recurrent network over ids, one over the
words of titles, their input concatenated, and parallel networks under four strategies with half the
units each. A network's epochs are those of each subnet: residual and alternating training take
twice as many in all, as in the paper. On synthetic shops (the last week is the test; more items are
rarer items) and, with `--data`, on `online_retail` and `wikispeedia` (folders with train.parquet,
test.parquet and items.parquet, whose column `text` is read, and `vector` as a third view where it
is there). All rows of a data set have one setting; `--validate` tests on the end of the training
log, to choose another. The last columns compare with "ID only" of the same total units: relative
difference in MRR@20, and for how many seeds a paired test by session gives p < 0.05. Words need
scikit-learn.
"""

from __future__ import annotations

import pathlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from click_logs import last_sessions, load
from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

K = 20
ONE = "ID only"
SHOP = "synthetic_shop"
VIEWS = ("text", "vector")
# The best of a few tried for "ID only", the shop's with 5,000 items; wikispeedia's was not
# searched: many lanes make it quick. Epochs are those of each subnet.
SETTINGS = {
    SHOP: {"learning_rate": 0.1, "dropout": 0.5, "epochs": 4, "lanes": 128},
    "online_retail": {"learning_rate": 0.1, "dropout": 0.2, "epochs": 5, "lanes": 32},
    "wikispeedia": {"learning_rate": 0.1, "dropout": 0.2, "epochs": 8, "lanes": 128},
}
Layers = ksr.layers


def load_world(data: str | None, name: str, num_items: int) -> tuple[Any, Any, dict[str, dict]]:
    """Training log, test log, and the items' features by name; `num_items` is of a shop."""
    if name == SHOP:
        shop = ksr.data.synthetic_shop(num_items=num_items, seed=1)
        train, test = ksr.data.split_last_days(shop.log, days=7)
        return train, test, {"text": dict(zip(shop.item_ids, shop.titles, strict=True))}
    train, test = load(data, name, quick=False)
    items = pd.read_parquet(pathlib.Path(data) / name / "items.parquet")
    ids = items["ItemId"].tolist()
    views = [view for view in VIEWS if view in items]
    return train, test, {view: dict(zip(ids, items[view], strict=True)) for view in views}


def with_features(catalog: ksr.Catalog, features: dict[str, dict]) -> ksr.Catalog:
    """The catalog with words weighted by TF-IDF, and vectors of length 1."""
    words = ksr.features.TextVectorizer().fit(catalog, features["text"])
    catalog = catalog.with_features("text", words)
    if "vector" in features:
        vectors = np.array([features["vector"][item] for item in catalog.item_ids])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        catalog = catalog.with_features("vector", vectors / np.maximum(lengths, 1e-9))
    return catalog


def networks(units: int, epochs: int, views: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Subnets, units of each, strategy and epochs of every row; `units` in all."""
    half, twice = units // 2, 2 * epochs
    third = [units - 2 * (units // 3), units // 3, units // 3]
    of_three = {"subnets": ("item", "text", "vector"), "units": third}
    rows_of_vectors = {
        "vector only": {"subnets": ("vector",), "units": units, "epochs": epochs},
        "three, simultaneous": {**of_three, "epochs": epochs},
        "three, residual": {
            **of_three,
            "strategy": ksr.training.Residual(epochs_per_subnet=epochs),
            "epochs": 3 * epochs,
        },
    }
    both = {"subnets": ("item", "text"), "units": half}
    return {
        ONE: {"subnets": ("item",), "units": units, "epochs": epochs},
        "ID only, half the units": {"subnets": ("item",), "units": half, "epochs": epochs},
        "text only": {"subnets": ("text",), "units": units, "epochs": epochs},
        "concatenated input": {"subnets": ("both",), "units": units, "epochs": epochs},
        "parallel, simultaneous": {**both, "strategy": "simultaneous", "epochs": epochs},
        "parallel, alternating": {**both, "strategy": "alternating", "epochs": twice},
        "parallel, residual": {
            **both,
            "strategy": ksr.training.Residual(epochs_per_subnet=epochs),
            "epochs": twice,
        },
        "parallel, interleaving": {**both, "strategy": "interleaving", "epochs": epochs},
        "parallel, interleaving, all score": {
            **both,
            "strategy": ksr.training.Interleaving(scores="all"),
            "epochs": epochs,
        },
        "shared-W, residual": {
            **both,
            "fusion": "shared",
            "strategy": ksr.training.Residual(epochs_per_subnet=epochs),
            "epochs": twice,
        },
        "interaction, residual": {
            **both,
            "fusion": "interaction",
            "strategy": ksr.training.Residual(epochs_per_subnet=epochs),
            "epochs": twice,
        },
        **(rows_of_vectors if "vector" in views else {}),
    }


def make_network(
    row: dict[str, Any], catalog: ksr.Catalog, seed: int, setting: dict[str, Any]
) -> ksr.models.ParallelGRU4Rec:
    """A network, not trained."""

    def reader(name: str) -> Layers.ItemInput:
        if name == "both":
            return Layers.Concatenated([reader("item"), reader("text")])
        if name == "item":
            return Layers.OneHotItem(seed=10 * seed + 1)
        return Layers.FeatureTable(name, seed=10 * seed + 2)

    units = np.broadcast_to(row["units"], len(row["subnets"]))
    subnets = {
        name: Layers.Subnet(
            reader(name), [units[i]], dropout=setting["dropout"], seed=10 * seed + i
        )
        for i, name in enumerate(row["subnets"])
    }
    fusion = row.get("fusion", "parallel")
    return ksr.models.ParallelGRU4Rec(catalog, subnets, fusion=fusion, seed=seed)


def fit_network(
    model: ksr.models.ParallelGRU4Rec,
    row: dict[str, Any],
    train: Any,
    catalog: ksr.Catalog,
    samples: int,
    setting: dict[str, Any],
) -> None:
    """Trains a network as its row says."""
    model.compile(
        ksr.optimizers.SparseAdagrad(setting["learning_rate"]),
        ksr.losses.CrossEntropy(),
        ksr.samplers.Popularity(samples, alpha=0.5, logq=1.0),
        strategy=row.get("strategy", "simultaneous"),
    )
    batches = ksr.batches.session_parallel(train, catalog, lanes=setting["lanes"])
    model.fit(batches, epochs=row["epochs"], verbose=0)


def main() -> None:
    arguments = parser(__doc__, "the last 3,000 sessions of a world")
    arguments.add_argument("--data", help="folder with the data sets")
    arguments.add_argument("--datasets", nargs="+", default=[SHOP, "online_retail", "wikispeedia"])
    arguments.add_argument("--shop-items", nargs="+", type=int, default=[2_000, 5_000, 20_000])
    arguments.add_argument("--rows", nargs="+", help="names of rows; all if not given")
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    arguments.add_argument("--units", type=int, default=100, help="in all")
    arguments.add_argument("--samples", type=int, default=512)
    for key, value in SETTINGS[SHOP].items():
        flag = f"--{key.replace('_', '-')}"
        arguments.add_argument(flag, type=type(value), help="instead of the data set's setting")
    arguments.add_argument(
        "--validate", action="store_true", help="test on the last tenth of the training log"
    )
    args = arguments.parse_args()
    given = {key: getattr(args, key) for key in SETTINGS[SHOP]}
    if args.quick:
        given["epochs"], args.seeds, args.shop_items = 1, args.seeds[:1], args.shop_items[:1]
    given = {key: value for key, value in given.items() if value is not None}
    print(describe())

    worlds = []
    for name in [name for name in args.datasets if args.data or name == SHOP]:
        worlds += [(name, size) for size in (args.shop_items if name == SHOP else [0])]
    records = Records(args.json)
    for name, size in worlds:
        train, test, features = load_world(args.data, name, size)
        setting = SETTINGS[name] | given
        name = f"{name}, {size:,} items" if size else name
        if args.validate:
            train, test = ksr.data.split_last_sessions(train, 0.1)
        if args.quick:
            train = last_sessions(train, 3_000)
        catalog = with_features(ksr.Catalog.from_log(train), features)
        print(f"\n{name}: train {train!r}, {catalog!r}, {setting}", flush=True)
        knn = ksr.baselines.ItemKNN().fit(train, catalog)
        baseline = ksr.evaluate(knn, test, k=K, coverage=False)
        records.add(_record(name, "Item-KNN", 0, 0.0, baseline, None))
        rows = networks(args.units, setting["epochs"], features)
        for seed in args.seeds:
            reference = None
            for row in [r for r in rows if r == ONE or not args.rows or r in args.rows]:
                begin = time.perf_counter()
                model = make_network(rows[row], catalog, seed, setting)
                fit_network(model, rows[row], train, catalog, args.samples, setting)
                seconds = time.perf_counter() - begin
                result = ksr.evaluate(model, test, k=K, coverage=False)
                reference = reference or result
                records.add(_record(name, row, seed, seconds, result, reference))
    print("\nMeans over seeds, in %:")
    print_table(means(records, ["dataset", "network"], _against_one))


def _record(
    dataset: str, row: str, seed: int, seconds: float, result: Any, reference: Any
) -> Record:
    """One row of one seed, against "ID only" of the same seed."""
    record = {"dataset": dataset, "network": row, "seed": seed, "train seconds": seconds}
    record |= {"recall@20": result.recall(K), "mrr@20": result.mrr(K)}
    if reference is not None and reference is not result:
        record["relative mrr"] = result.mrr(K) / reference.mrr(K) - 1
        record["p"] = ksr.compare(result, reference).p_value
    return record


def _against_one(same: list[Record]) -> Record:
    """The seeds of a row against those of "ID only"."""
    compared = [r for r in same if "p" in r]
    if not compared:
        return {}
    relative = 100 * np.mean([r["relative mrr"] for r in compared])
    significant = sum(r["p"] < 0.05 for r in compared)
    return {"against ID only": f"{relative:+.1f}", "p < 0.05": f"{significant} of {len(compared)}"}


if __name__ == "__main__":
    main()
