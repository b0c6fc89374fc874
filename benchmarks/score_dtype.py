"""What a served table of 16 or 8 bits costs in quality and saves in memory.

    python benchmarks/score_dtype.py --data DIR --json score_dtype.json

Trains GRU4Rec once (the authors' settings, `accuracy.py`) on DIR/rsc15_64, or on the synthetic shop
without `--data`, and exports it with a float32, a float16 and an int8 table; or exports the model
file that `--model` names. Quality: the test clicks through the exports themselves, unseen targets
being misses. Time: 20 of `--items` items from raw ids, sessions of five clicks, one core,
an untrained model, the three tables in turns.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import tempfile
from typing import Any

import keras
import numpy as np
from accuracy import XE, trained
from click_logs import load
from machine import describe, milliseconds_in_turns
from tables import Records, parser, print_table

import keras_sessrec as ksr
from serving import Server, make_model, our_call

K = 20
DTYPES = ("float32", "float16", "int8")


class Served:
    """The 20 best that an export answers, for `evaluate` at 20: all other items are the last."""

    def __init__(self, catalog: ksr.Catalog, folder: pathlib.Path) -> None:
        self.catalog = catalog
        self._recommend = Server(str(folder)).signature("serving_default")
        padding = "" if catalog.item_ids.dtype == object else -1
        self._ids = np.append(np.array([padding], catalog.item_ids.dtype), catalog.item_ids)

    def score(self, items: np.ndarray) -> np.ndarray:
        nothing = self._ids[np.zeros((len(items), 1), int)]
        answer = self._recommend(session=self._ids[items], exclude=nothing)
        best = self.catalog.encode(answer["item_ids"].ravel()).reshape(len(items), K)
        scores = np.full((len(items), len(self.catalog)), -np.inf, np.float32)
        np.put_along_axis(scores, best - 1, answer["scores"], axis=1)
        return scores


def main() -> None:
    arguments = parser(__doc__, "one epoch on 10,000 sessions, fewer calls")
    arguments.add_argument("--data", help="folder with the data set")
    arguments.add_argument("--model", help="a trained model of this data set, as a .keras file")
    arguments.add_argument("--items", nargs="+", type=int, default=[37_483, 100_000])
    args = arguments.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    print(describe())
    records = Records(args.json)
    records.add(*quality(args))
    for num_items in args.items[:1] if args.quick else args.items:
        records.add(*speed(num_items, *((200, 3.0) if args.quick else (2000, 15.0))))
    print_table(records)


def quality(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Recall and MRR of the three tables."""
    train, test = load(args.data, "rsc15_64", args.quick)
    catalog = ksr.Catalog.from_log(train)
    if args.model:
        model = keras.models.load_model(args.model)
    else:
        model = trained(XE, False, train, catalog, 1, 1 if args.quick else XE.epochs)
    records = []
    with tempfile.TemporaryDirectory() as scratch:
        for dtype in DTYPES:
            folder = ksr.serving.export(model, f"{scratch}/{dtype}", k=K, score_dtype=dtype)
            served = Served(model.catalog, folder)
            result = ksr.evaluate(served, test, k=K, unseen="miss", coverage=False)
            records.append({"what": "quality", "items": catalog.num_items, "table": dtype})
            records[-1] |= {"recall@20": result.recall(K), "mrr@20": result.mrr(K)}
    return records


def speed(num_items: int, most: int, limit: float) -> list[dict[str, Any]]:
    """Latency and size of the three tables."""
    rng, records = np.random.default_rng(0), []
    model = make_model("tied", num_items)
    with tempfile.TemporaryDirectory() as scratch:
        folders = {
            dtype: ksr.serving.export(model, f"{scratch}/{dtype}", k=K, score_dtype=dtype)
            for dtype in DTYPES
        }
        sizes = {
            dtype: sum(file.stat().st_size for file in pathlib.Path(folder).rglob("variables*"))
            for dtype, folder in folders.items()
        }
        servers = {dtype: Server(str(folder)) for dtype, folder in folders.items()}
    for rows in (1, 64):
        sessions = [rng.integers(num_items, size=(rows, 5)) for _ in range(50)]
        calls = {
            dtype: our_call(server, "recommend", sessions) for dtype, server in servers.items()
        }
        times = milliseconds_in_turns(calls, most, limit)
        for dtype in DTYPES:
            p50, p90 = np.percentile(times[dtype][1:], [50, 90])
            ratio = float(p50 / np.median(times["float32"][1:]))
            records.append({"what": f"{rows} sessions", "items": num_items, "table": dtype})
            records[-1] |= {"p50, ms": float(p50), "p90, ms": float(p90), "ratio": ratio}
            records[-1] |= {"variables, MB": sizes[dtype] / 1e6}
    return records


if __name__ == "__main__":
    main()
