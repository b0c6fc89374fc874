"""What Tan's variants cost: predictions of M1 and M4, epochs by kind of labels and of batches.

    python benchmarks/tan_cost.py --data DIR --json tan_cost.json

Prediction: from 512 padded test prefixes to the 20 best of 37,483 items, one compiled function
each, in turns. "M1, as in the paper" takes the softmax of all scores and then TensorFlow's top-k;
"M1, ours" ranks raw scores with the two-level top-k; M4 scores by cosine, ranked the same way.
Table 2 of the paper has 0.55 (100 units) and 0.59 (1,000) for M4 against M1. Weights are
random: they do not change the time.

Training: mini-batches of 512 prefixes of 37,483 items, in turns: M1, M3 with the teacher's 64
most probable items from disk, M3 with the teacher asked live. Training functions are compiled
before.

Batches: an epoch of M1 on the synthetic shop, in turns: batches of prefixes of similar length,
and random ones (`bucket_by_length=False`), which are padded to the longest but of one shape, so
that many are trained on in one program; and both drawn without training.

Prefixes come from DIR/rsc15_64/test.parquet; without `--data` from random sessions.
"""

from __future__ import annotations

import pathlib
import tempfile
import time
from collections import deque
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import NUM_ITEMS, random_log, zipf_catalog
from machine import describe, in_turns
from tables import Records, parser, print_table

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


def of_size(recipe: str, units: int) -> ksr.recipes.Recipe:
    """The recipe with other units."""
    return ksr.recipes.get(recipe).with_arguments({"model.units.0": units})


def prediction_rows(log: Any, catalog: ksr.Catalog, units: int, turns: int) -> list[dict[str, Any]]:
    """Three ways to recommend."""
    items = tf.constant(prefixes_of(log, catalog))
    m1 = of_size("tan_m1_100", units).build(catalog, seed=1)
    m4 = of_size("tan_m4_100", units).build(catalog, seed=1, start=m1)
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
    m1, m3 = of_size("tan_m1_100", units), of_size("tan_m3_100", units)
    teacher = m1.build(catalog, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        labels = ksr.SoftLabels.write(f"{folder}/labels", teacher, log, catalog, m3.soft_labels)
        writing = time.perf_counter() - begin
        live = ksr.live_soft_labels(m3.batches_of(log, catalog, with_futures=True), teacher)
        data = {
            "M1": (m1, m1.batches_of(log, catalog)),
            "M3, stored labels": (m3, m3.batches_of(log, catalog, soft_labels=labels)),
            "M3, live labels": (m3, live),
        }
        calls = {
            name: partial(recipe.build(catalog, seed=1).fit, batches, verbose=0)
            for name, (recipe, batches) in data.items()
        }
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


def batching_rows(units: int, num_sessions: int, turns: int) -> list[dict[str, Any]]:
    """Batches by length, and random ones."""
    log = ksr.data.synthetic_shop(num_sessions=num_sessions, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    m1 = of_size("tan_m1_100", units)
    kinds = {
        "M1, batches by length": m1.batches_of(log, catalog),
        "M1, random batches": m1.batches_of(log, catalog, bucket_by_length=False),
    }
    fits = {
        name: partial(m1.build(catalog, seed=1).fit, batches, verbose=0)
        for name, batches in kinds.items()
    }
    draws = {name: partial(deque, batches, 0) for name, batches in kinds.items()}
    rows = []
    for what, calls in (("epoch of the shop", fits), ("drawing it", draws)):
        seconds = in_turns(calls, turns)
        rows += [
            {
                "what": f"{what}, {units} units, {catalog.num_items:,} items",
                "network": name,
                "milliseconds": 1000 * value,
                "ratio": value / seconds["M1, batches by length"],
                "parameters": m1.build(catalog, seed=1).count_params(),
            }
            for name, value in seconds.items()
        ]
    return rows


def main() -> None:
    arguments = parser(__doc__, "100 units, fewer turns")
    arguments.add_argument("--data", help="folder with the data set")
    arguments.add_argument("--units", nargs="+", type=int, default=[100, 1000])
    arguments.add_argument("--parts", nargs="+", default=["prediction", "training", "batches"])
    args = arguments.parse_args()
    print(describe())
    log, catalog = load(args.data)
    records = Records(args.json)
    for units in args.units[:1] if args.quick else args.units:
        if "prediction" in args.parts:
            records.add(*prediction_rows(log, catalog, units, 5 if args.quick else 30))
        if "training" in args.parts:
            batches, turns = (8, 2) if args.quick else (20, 3)
            records.add(*training_rows(log, catalog, units, batches, turns))
        if "batches" in args.parts:
            size, turns = (2_000, 2) if args.quick else (30_000, 3)
            records.add(*batching_rows(units, size, turns))
    print_table(records)


if __name__ == "__main__":
    main()
