"""What Tan's variants cost: predictions of M1 and M4, epochs of M3 with each kind of labels.

    python benchmarks/tan_cost.py --data DIR --json tan_cost.json

Prediction: from 512 padded test prefixes to the 20 best of 37,483 items, one compiled function
each, in turns. "M1, as in the paper" takes the softmax of all scores and then TensorFlow's top-k;
"M1, ours" ranks raw scores with the two-level top-k; M4 scores by cosine, ranked the same way.
Table 2 of the paper has 0.55 (100 units) and 0.59 (1,000) for M4 against M1. Weights are
random: they do not change the time.

Training: mini-batches of 512 prefixes of 37,483 items, in turns: M1, M3 with the teacher's 64
most probable items from disk, M3 with the teacher asked live. Training functions are compiled
before. Prefixes come from DIR/rsc15_64/test.parquet; without `--data` from random sessions.
"""

from __future__ import annotations

import argparse
import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from machine import describe, print_table, write_json
from random_log import NUM_ITEMS, random_log, zipf_catalog

import keras_sessrec as ksr
from keras_sessrec.batches.next_event_cases import NextEventCases
from keras_sessrec.ops.selection import top_k

K, ROWS = 20, 512


def load(data: str | None) -> tuple[ksr.data.SessionLog, ksr.Catalog]:
    """A log, and a catalog of 37,483 items that holds all of its items."""
    if data is None:
        catalog = zipf_catalog(NUM_ITEMS)
        return random_log(catalog, 6_000), catalog
    log = ksr.data.read_clicks(pathlib.Path(data) / "rsc15_64" / "test.parquet")
    own = ksr.Catalog.from_log(log).item_ids
    others = own.max() + 1 + np.arange(NUM_ITEMS - len(own))
    return log, ksr.Catalog(np.concatenate([own, others]))


def prefixes_of(log: ksr.data.SessionLog, catalog: ksr.Catalog) -> np.ndarray:
    """512 prefixes, spread over the log, at most their last 19 events."""
    cases = NextEventCases.from_log(log, catalog)
    chosen = np.linspace(0, len(cases) - 1, ROWS).astype(int)
    rows = np.zeros((ROWS, 19), np.int32)
    for row, (start, stop) in enumerate(zip(cases.start[chosen], cases.stop[chosen], strict=True)):
        read = cases.items[max(start, stop - 19) : stop]
        rows[row, : len(read)] = read
    return rows


def in_turns(calls: dict[str, Callable[[], Any]], turns: int) -> dict[str, float]:
    """Median seconds of each call, one after the other in every turn."""
    for call in calls.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - begin)
    return {name: float(np.median(times)) for name, times in seconds.items()}


def prediction_rows(log: Any, catalog: ksr.Catalog, units: int, turns: int) -> list[dict[str, Any]]:
    """Three ways to recommend."""
    items = tf.constant(prefixes_of(log, catalog))
    m1 = ksr.models.GRU4Rec(catalog, units=[units], embedding_dim=50, seed=1)
    m4 = ksr.models.EmbeddingGRU4Rec(catalog, m1, units=[units], seed=1)
    functions = {
        "M1, as in the paper": lambda x: tf.math.top_k(tf.nn.softmax(m1.score_in_graph(x)), K),
        "M1, ours": lambda x: top_k(m1.score_in_graph(x), K),
        "M4": lambda x: top_k(m4.score_in_graph(x), K),
    }
    compiled = {name: tf.function(f, autograph=False) for name, f in functions.items()}
    calls = {
        name: lambda f=f: [np.asarray(part) for part in f(items)] for name, f in compiled.items()
    }
    # Probabilities round scores of random weights to ties, so not quite all places agree.
    paper, ours = (calls[name]()[1] for name in list(calls)[:2])
    assert (paper == ours).mean() > 0.98
    seconds = in_turns(calls, turns)
    models = {"M4": m4}
    return [
        {
            "what": f"prediction, {units} units",
            "network": name,
            "milliseconds": 1000 * value,
            "ratio": value / seconds["M1, as in the paper"],
            "parameters": sum(
                int(np.prod(v.shape))
                for v in models.get(name, m1).variables
                if "table" in v.name or v.trainable
            ),
        }
        for name, value in seconds.items()
    ]


def training_rows(
    log: Any, catalog: ksr.Catalog, units: int, batches: int, turns: int
) -> list[dict[str, Any]]:
    """Three kinds of labels."""
    log = log.select_sessions(np.cumsum(log.lengths - 1) <= batches * ROWS)
    teacher = ksr.models.GRU4Rec(catalog, units=[units], embedding_dim=50, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        labels = ksr.SoftLabels.write(f"{folder}/labels", teacher, log, catalog)
        writing = time.perf_counter() - begin
        data = {
            "M1": ksr.batches.prefixes(log, catalog),
            "M3, stored labels": ksr.batches.prefixes(log, catalog, soft_labels=labels),
            "M3, live labels": ksr.live_soft_labels(
                ksr.batches.prefixes(log, catalog, with_futures=True), teacher
            ),
        }
        calls = {}
        for name, dataset in data.items():
            model = ksr.models.GRU4Rec(
                catalog, units=[units], embedding_dim=50, click_dropout=0.25, seed=1
            )
            loss = ksr.losses.CrossEntropy() if name == "M1" else ksr.losses.Distillation(0.2)
            model.compile(keras.optimizers.Adam(), loss, ksr.samplers.FullCatalog())
            calls[name] = lambda model=model, dataset=dataset: model.fit(dataset, verbose=0)
        seconds = in_turns(calls, turns)
    rows = [
        {
            "what": f"epoch, {units} units",
            "network": name,
            "milliseconds": 1000 * value,
            "ratio": value / seconds["M1"],
            "parameters": teacher.count_params(),
        }
        for name, value in seconds.items()
    ]
    once = {"network": "storing the labels, once", "milliseconds": 1000 * writing}
    return [*rows, {**rows[0], **once, "ratio": writing / seconds["M1"]}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder with the data set")
    parser.add_argument("--units", nargs="+", type=int, default=[100, 1000])
    parser.add_argument("--parts", nargs="+", default=["prediction", "training"])
    parser.add_argument("--quick", action="store_true", help="100 units, fewer turns")
    parser.add_argument("--json", help="file for one record per row")
    args = parser.parse_args()
    if args.quick:
        args.units = args.units[:1]
    print(describe())
    log, catalog = load(args.data)
    records: list[dict[str, Any]] = []
    for units in args.units:
        if "prediction" in args.parts:
            records += prediction_rows(log, catalog, units, 5 if args.quick else 30)
        if "training" in args.parts:
            batches, turns = (8, 2) if args.quick else (20, 3)
            records += training_rows(log, catalog, units, batches, turns)
        write_json(args.json, records)
    print_table(records)


if __name__ == "__main__":
    main()
