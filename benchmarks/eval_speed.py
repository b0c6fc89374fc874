"""Time and memory of an evaluation against the whole catalog.

    python benchmarks/eval_speed.py --json eval_speed.json

An untrained GRU4Rec (a trained one costs the same) ranks the next clicks of a random log with as
many sessions and cases as the test part of RSC15, or with fewer on a catalog of a million items.
`evaluate` scores every case from its prefix, with or without the top-k that coverage needs;
`model.evaluate` reads whole sessions once and computes recall and MRR. Every row runs in a process
of its own; the median of up to five runs counts, fewer where they take over a minute in all. A run
on five sessions goes before (`first, s`, with tracing).
`added GiB` is the peak of resident memory less what the process held before the log and the
model were made.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from click_logs import NUM_ITEMS, random_log, zipf_catalog
from machine import describe, in_own_process, memory_gib
from tables import Records, parser, print_table

import keras_sessrec as ksr

# Name: what runs, items, cases.
ROWS = {
    "ranks": ("evaluate", NUM_ITEMS, 55_898),
    "coverage": ("evaluate, coverage", NUM_ITEMS, 55_898),
    "keras": ("model.evaluate", NUM_ITEMS, 55_898),
    "million-ranks": ("evaluate", 1_000_000, 500),
    "million-coverage": ("evaluate, coverage", 1_000_000, 500),
    "million-keras": ("model.evaluate", 1_000_000, 500),
}
REPEATS, SECONDS = 5, 60.0  # runs, and the time after which no other one begins
QUICK = ("ranks", "coverage", "keras", "million-coverage")
CASES_PER_SESSION = 55_898 / 15_324  # RSC15's test part


def measure(name: str, quick: bool) -> dict[str, Any]:
    """The record of a row, measured in this process."""
    what, num_items, cases = ROWS[name]
    seconds = 5.0 if quick else SECONDS
    if quick:
        cases = 50_000_000 // num_items
    held = memory_gib("VmRSS")
    catalog = zipf_catalog(num_items)
    num_sessions = round(cases / CASES_PER_SESSION)
    log = random_log(catalog, num_sessions, num_sessions + cases)
    model = ksr.models.GRU4Rec(catalog, units=[100], tie_embeddings=True, seed=1)
    model.compile(metrics=[ksr.metrics.RecallAtK(20), ksr.metrics.MRRAtK(20)])

    def run(log: ksr.data.SessionLog) -> float:
        begin = time.perf_counter()
        if what == "model.evaluate":
            model.evaluate(ksr.batches.whole_sessions(log, catalog), verbose=0)
        else:
            ksr.evaluate(model, log, catalog, coverage=what.endswith("coverage"))
        return time.perf_counter() - begin

    first = run(log.select_sessions(np.arange(5)))
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < seconds:
        times.append(run(log))
    median = float(np.median(times))
    peak = memory_gib("VmHWM")
    return {
        "evaluation": what,
        "items": num_items,
        "cases": cases,
        "runs": len(times),
        "seconds": median,
        "cases/s": cases / median,
        "peak GiB": peak,
        "added GiB": peak - held,
        "first, s": first,
    }


def main() -> None:
    arguments = parser(__doc__, "few cases, short runs")
    arguments.add_argument("--row", choices=ROWS, help="measures one row here; prints JSON")
    args = arguments.parse_args()
    if args.row:
        print(json.dumps(measure(args.row, args.quick)))
        return
    print(describe())
    options = ["--quick"] if args.quick else []
    records = Records(args.json)
    for name in QUICK if args.quick else ROWS:
        records.add(in_own_process(__file__, "--row", name, *options))
    print_table(records)


if __name__ == "__main__":
    main()
