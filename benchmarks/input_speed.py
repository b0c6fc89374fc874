"""Speed and memory of the session-parallel input alone, and its share of a training.

    python benchmarks/input_speed.py --json input_speed.json

Up to as many sessions as RSC15's training part has. `prepare, s` is the making of the dataset;
then an epoch is drawn in blocks of 100 mini-batches as `fit` draws them, without training. For
the share, the same blocks are drawn and trained on in turns with the fastest model, hence the
hardest case: BPR-max, one-hot, in-batch negatives, 100 units. `draw / fit` is the time to draw
them over that of `fit`, which draws them too, beside the training. Every row runs in a process of
its own; medians count. `input GiB` is the peak of resident memory before there is a model, less
what the process held before the log was made; the log itself is in it.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf
from machine import describe, print_table, write_json
from random_log import NUM_ITEMS, NUM_SESSIONS, random_log, zipf_catalog
from scaling import in_own_process, memory_gib

import keras_sessrec as ksr
from keras_sessrec.training.fused_execution import block_dataset

BLOCK = 100  # mini-batches in one execution of `fit`
LANES = (50, 200)
SHARED_BLOCKS = 60  # at most: what is drawn and trained on in turns


def draw(batches: tf.data.Dataset) -> float:
    """Seconds to draw all mini-batches in blocks."""
    blocks, num_batches = block_dataset(batches, BLOCK, None)
    begin = time.perf_counter()
    for _ in islice(blocks, -(-num_batches // BLOCK)):  # it repeats for ever
        pass
    return time.perf_counter() - begin


def train(model: ksr.models.GRU4Rec, batches: tf.data.Dataset) -> float:
    """Seconds to train on all mini-batches."""
    begin = time.perf_counter()
    model.fit(batches, verbose=0)
    return time.perf_counter() - begin


def measure(num_sessions: int, lanes: int, quick: bool) -> dict[str, Any]:
    """The record of a row, measured in this process."""
    repeats = 3 if quick else 5
    held = memory_gib("VmRSS")
    catalog = zipf_catalog(NUM_ITEMS)
    log = random_log(catalog, num_sessions)
    begin = time.perf_counter()
    batches = ksr.batches.session_parallel(log, catalog, lanes=lanes)
    prepare = time.perf_counter() - begin
    num_batches = int(batches.cardinality())
    draw(batches.take(BLOCK))  # starts the threads
    epoch = float(np.median([draw(batches) for _ in range(1 if quick else 3)]))
    peak = memory_gib("VmHWM")

    model = ksr.models.GRU4Rec(catalog, units=[100], seed=1)
    optimizer = ksr.optimizers.SparseAdagrad(0.05, momentum=0.1)
    model.compile(optimizer, ksr.losses.BPRMax(), ksr.samplers.InBatch())
    train(model, batches.take(BLOCK))  # compiles
    num_blocks = min(num_batches // BLOCK, SHARED_BLOCKS // (12 if quick else 1))
    shared = batches.take(num_blocks * BLOCK)
    drawing, training = [], []
    for _ in range(repeats):
        drawing.append(draw(shared))
        training.append(train(model, shared))
    return {
        "sessions": num_sessions,
        "lanes": lanes,
        "prepare, s": prepare,
        "epoch, s": epoch,
        "mini-batches/s": round(num_batches / epoch),
        "events/s": round((log.num_events - log.num_sessions) / epoch),
        "input GiB": peak - held,
        "blocks": num_blocks,
        "draw, s": float(np.median(drawing)),
        "fit, s": float(np.median(training)),
        "draw / fit": float(np.median(drawing) / np.median(training)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--row",
        nargs=2,
        type=int,
        metavar=("SESSIONS", "LANES"),
        help="measures one row here; prints JSON",
    )
    parser.add_argument("--quick", action="store_true", help="fewer sessions, shorter runs")
    parser.add_argument("--json", help="file for one record per row")
    args = parser.parse_args()
    if args.row:
        print(json.dumps(measure(*args.row, args.quick)))
        return
    print(describe())
    options = ["--quick"] if args.quick else []
    records = []
    for num_sessions in (100_000, 1_000_000, NUM_SESSIONS)[: 2 if args.quick else 3]:
        for lanes in LANES:
            row = ("--row", str(num_sessions), str(lanes))
            records.append(in_own_process(__file__, *row, *options))
            print(json.dumps(records[-1]), flush=True)
            write_json(args.json, records)
    print()
    print_table(records)


if __name__ == "__main__":
    main()
