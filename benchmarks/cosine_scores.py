"""GRU4Rec that scores by cosines: how its settings were chosen, and what it reaches.

    python benchmarks/cosine_scores.py --part search --data DIR --json search.json
    python benchmarks/cosine_scores.py --part test --data DIR --json test.json
    python benchmarks/cosine_scores.py --part latency --json latency.json

`search` trains on all but the last day of the training part of `rsc15_64` and ranks the sessions of
that day: `gru4rec_cosine_128` with one change at a time, and beside it the plain products of
`gru4rec_diginetica_xe_shared`. `test` trains the recipes on the whole training part of every data
set and ranks its test part. `latency` times the recipes' exports, untrained, with the catalog of
RSC15, in turns on one core: a session of five clicks, its 20 best items. The whole catalog is
ranked, unseen targets are misses, ties are lost. DIR holds a folder per data set with train.parquet
and test.parquet; without `--data` the synthetic shop is used. Rows that the JSON file already has
are not trained again: run the same line again after a kill.
"""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from click_logs import NUM_ITEMS, last_sessions, load
from machine import describe, milliseconds_in_turns
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr
from serving import Server, our_call

K = 20
COSINE = "gru4rec_cosine_128"
THREE = "gru4rec_cosine_3x128"
PLAIN = "gru4rec_diginetica_xe_shared"
RECIPES = (PLAIN, COSINE, THREE)
CHANGES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "scale 16": {"model.score_scale": 16.0},
    "scale 28": {"model.score_scale": 28.0},
    "192 units": {"model.units": [192]},
    "256 units, embedding dropout 0.55, rate 0.08": {
        "model.units": [256],
        "model.embedding_dropout": 0.55,
        "optimizer.learning_rate": 0.08,
    },
    "hidden dropout 0.3": {"model.hidden_dropout": 0.3},
    "reset after, dropout 0.3 and 0.3, rate 0.15": {
        "model.reset_after": True,
        "model.embedding_dropout": 0.3,
        "model.hidden_dropout": 0.3,
        "optimizer.learning_rate": 0.15,
    },
    "negatives by popularity, alpha 0.5": {"negatives.alpha": 0.5},
}
DATASETS = ("rsc15_64", "diginetica", "online_retail", "wikispeedia", "globo")
GLOBO_SESSIONS = 150_000


def rows(part: str, datasets: list[str]) -> Iterator[tuple[str, str, ksr.recipes.Recipe]]:
    """Data set, name and recipe of every row of a part."""
    cosine = ksr.recipes.get(COSINE)
    if part == "search":
        for name, change in CHANGES.items():
            yield datasets[0], name, cosine.with_arguments(change)
        yield datasets[0], "three members", ksr.recipes.get(THREE)
        yield datasets[0], "plain products", ksr.recipes.get(PLAIN)
        return
    for dataset in datasets:
        for name in RECIPES:
            yield dataset, name, ksr.recipes.get(name)


def latencies(most: int, limit: float) -> list[Record]:
    """Milliseconds of an answer by each recipe, and beside the plain one's."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    counts = NUM_ITEMS // np.arange(1, NUM_ITEMS + 1)
    catalog = ksr.Catalog([f"item-{i}" for i in range(NUM_ITEMS)], counts)
    clicks = np.random.default_rng(0).integers(NUM_ITEMS, size=(50, 1, 5))
    calls = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in RECIPES:
            model = ksr.recipes.get(name).build(catalog, seed=1)  # untrained: as fast
            folder = ksr.serving.export(model, f"{scratch}/{name}", k=K)
            calls[name] = our_call(Server(str(folder)), "recommend", list(clicks))
    times = {name: t[1:] for name, t in milliseconds_in_turns(calls, most, limit).items()}
    records = []
    for name in RECIPES:
        p50, p90 = np.percentile(times[name], [50, 90])
        ratio = np.median(np.divide(times[name], times[PLAIN]))
        records.append({"row": name, "p50, ms": p50, "p90, ms": p90, f"times {PLAIN}": ratio})
    return records


def main() -> None:
    arguments = parser(__doc__, "one epoch, 10,000 sessions, one seed, the first data set")
    arguments.add_argument("--part", choices=("search", "test", "latency"), default="test")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument("--datasets", nargs="+", default=list(DATASETS))
    arguments.add_argument("--recipes", nargs="+", help="only rows of these names")
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    args = arguments.parse_args()
    datasets = args.datasets if args.data else ["synthetic_shop"]
    seeds = args.seeds[:1] if args.quick or args.part == "search" else args.seeds
    print(describe())
    records = Records(args.json)
    if args.part == "latency":
        records.add(*latencies(200 if args.quick else 2000, 20 if args.quick else 120))
        print_table(records)
        return
    if args.json and pathlib.Path(args.json).exists():
        records.extend(json.loads(pathlib.Path(args.json).read_text()))
    done = {(r["dataset"], r["row"], r["seed"]) for r in records}
    logs: dict[str, Any] = {}
    for dataset, name, recipe in rows(args.part, datasets[:1] if args.quick else datasets):
        if args.recipes and name not in args.recipes:
            continue
        for seed in seeds:
            if (dataset, name, seed) in done:
                continue
            if dataset not in logs:
                train, test = load(args.data, dataset, args.quick)
                if dataset == "globo":
                    train = last_sessions(train, GLOBO_SESSIONS)
                if args.part == "search":
                    train, test = ksr.data.split_last_days(train, days=1)
                logs = {dataset: (train, test)}
            train, test = logs[dataset]
            begin = time.perf_counter()
            epochs = {"epochs": 1} if args.quick else {}
            model = recipe.train(train, seed=seed, verbose=0, **epochs)
            spent = time.perf_counter() - begin
            result = ksr.evaluate(model, test, k=K, unseen="miss", coverage=False)
            record = {"dataset": dataset, "row": name, "seed": seed}
            record |= {"recall@20": result.recall(K), "mrr@20": result.mrr(K)}
            records.add({**record, "train seconds": spent, "parameters": model.count_params()})
    print_table(means(records, ["dataset", "row"]))


if __name__ == "__main__":
    main()
