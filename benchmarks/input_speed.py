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

import json
import time
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import NUM_ITEMS, NUM_SESSIONS, random_log, zipf_catalog
from machine import describe, in_own_process, memory_gib, seconds
from tables import Records, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.training.fused_execution import block_dataset

BLOCK = 100  # mini-batches in one execution of `fit`
LANES = (50, 200)
SHARED_BLOCKS = 60  # at most: what is drawn and trained on in turns


def draw(batches: tf.data.Dataset) -> float:
    """Seconds to draw all mini-batches in blocks."""
    blocks, num_blocks, _ = block_dataset(batches, BLOCK, None)
    begin = time.perf_counter()
    for _ in islice(blocks, num_blocks):  # it repeats for ever
        pass
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
    model.fit(batches.take(BLOCK), verbose=0)  # compiles
    num_blocks = min(num_batches // BLOCK, SHARED_BLOCKS // (12 if quick else 1))
    shared = batches.take(num_blocks * BLOCK)
    drawing, training = [], []
    for _ in range(repeats):
        drawing.append(draw(shared))
        training.append(seconds(partial(model.fit, shared, verbose=0)))
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
    arguments = parser(__doc__, "fewer sessions, shorter runs")
    arguments.add_argument(
        "--row",
        nargs=2,
        type=int,
        metavar=("SESSIONS", "LANES"),
        help="measures one row here; prints JSON",
    )
    args = arguments.parse_args()
    if args.row:
        print(json.dumps(measure(*args.row, args.quick)))
        return
    print(describe())
    options = ["--quick"] if args.quick else []
    records = Records(args.json)
    for num_sessions in (100_000, 1_000_000, NUM_SESSIONS)[: 2 if args.quick else 3]:
        for lanes in LANES:
            row = ("--row", str(num_sessions), str(lanes))
            records.add(in_own_process(__file__, *row, *options))
    print_table(records)


if __name__ == "__main__":
    main()
