"""Time of a training step against the size of the catalog: sampled losses must not care.

    python benchmarks/step_cost.py --json step_cost.json

Each row trains on the same number of random clicks; only the number of items differs. The
sizes take turns and the median counts, as ratio to the smallest catalog of the same row.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from machine import describe, print_table, write_json

import keras_sessrec as ksr

CONFIGURATIONS = {
    "cross-entropy, tied, 100 units, 32 lanes, +2048, momentum": (
        {"tie_embeddings": True},
        ksr.losses.CrossEntropy,
        lambda: ksr.samplers.Popularity(2048, alpha=0.5, logq=1.0),
        32,
    ),
    "BPR-max, one-hot, 100 units, 50 lanes, in-batch, momentum": (
        {},
        ksr.losses.BPRMax,
        ksr.samplers.InBatch,
        50,
    ),
}


def random_log(num_items: int, num_events: int) -> ksr.data.SessionLog:
    """Sessions of four uniform clicks."""
    events = np.arange(num_events)
    return ksr.data.SessionLog(
        item_codes=np.random.default_rng(0).integers(num_items, size=num_events, dtype=np.int32),
        timestamps=events,
        offsets=np.arange(0, num_events + 1, 4),
        session_ids=np.arange(num_events // 4),
        item_ids=np.arange(num_items),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--json", help="file for one record per row")
    args = parser.parse_args()
    steps, repeats = (500, 3) if args.quick else (2000, 7)
    sizes = (10_000, 100_000, 1_000_000)
    print(describe())

    records = []
    for name, (network, loss, negatives, lanes) in CONFIGURATIONS.items():
        runs = {}
        for size in sizes:
            catalog = ksr.Catalog(np.arange(size))
            model = ksr.models.GRU4Rec(catalog, units=[100], seed=1, **network)
            model.compile(ksr.optimizers.SparseAdagrad(0.05, momentum=0.1), loss(), negatives())
            log = random_log(size, steps * lanes * 4 // 3)
            batches = ksr.data.session_parallel(log, catalog, lanes=lanes)
            model.fit(batches, verbose=0)  # compiles
            runs[size] = (model, batches)
        seconds = {size: [] for size in sizes}
        for _ in range(repeats):
            for size, (model, batches) in runs.items():
                begin = time.perf_counter()
                model.fit(batches, verbose=0)
                seconds[size].append(time.perf_counter() - begin)
        smallest = np.median(seconds[sizes[0]])
        for size in sizes:
            median = float(np.median(seconds[size]))
            records.append(
                {
                    "configuration": name,
                    "items": size,
                    "microseconds per step": 1e6 * median / steps,
                    "ratio to 10,000 items": median / smallest,
                }
            )
    print_table(records)
    write_json(args.json, records)


if __name__ == "__main__":
    main()
