"""Training speed and memory against the numbers of items, lanes, units and sessions.

    python benchmarks/scaling.py --json scaling.json

One axis grows at a time; every row runs in a process of its own, so that its peak of resident
memory is its own. Items, lanes and units: cross-entropy with 2,048 samples and tied embeddings,
a fixed number of mini-batches several times over, the median counts. Sessions: BPR-max, one-hot,
in-batch negatives; the log as large as RSC15's training part is trained for a whole epoch,
input included. `--large` adds two million items, 2,048 lanes, 2,000 units, and an epoch of OTTO's
size. An event is a pair of a click and the next one, as trained. Not in the speed: the
making of the dataset (`prepare, s`) and the first hundred mini-batches, with compilation
(`first, s`). `added GiB` is the peak less what the process held before the log and the model
were made; it counts the host's memory only.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from click_logs import NUM_ITEMS, NUM_SESSIONS, random_log, zipf_catalog
from machine import describe, in_own_process, memory_gib, seconds
from tables import Records, parser, print_table

import keras_sessrec as ksr

EPOCHS = 10  # as published


@dataclass(frozen=True)
class Row:
    """One point of an axis."""

    axis: str
    items: int = NUM_ITEMS
    lanes: int = 32
    units: int = 100
    sessions: int | None = None  # `None`: as many as the mini-batches need
    events: int | None = None  # `None`: as many a session as RSC15 has
    steps: int | None = 2000  # mini-batches in one timed run; `None`: one run of a whole epoch

    @property
    def size(self) -> int:
        """Where on its axis the row is."""
        return getattr(self, self.axis)

    @property
    def name(self) -> str:
        """What `--row` calls it."""
        return f"{self.axis}={self.size}"


OTTO = {"items": 1_860_000, "sessions": 12_900_000, "events": 194_700_000}  # its sizes


def rows(lanes: int, large: bool) -> list[Row]:
    """All rows; the first one of an axis is what the others are compared with."""
    for_gpus = [
        Row("items", items=2_000_000),
        Row("lanes", lanes=2048, steps=1000),
        Row("units", units=2000, steps=500),
        Row("sessions", lanes=2048, steps=None, **OTTO),
    ]
    return [
        Row("items", items=10_000),
        Row("items", items=100_000),
        Row("items", items=1_000_000),
        Row("lanes", lanes=32),
        Row("lanes", lanes=128, steps=1000),
        Row("lanes", lanes=512, steps=300),
        Row("units", units=100),
        Row("units", units=300, steps=600),
        Row("units", units=1000, steps=200),
        Row("sessions", lanes=lanes, sessions=100_000, steps=1400),
        Row("sessions", lanes=lanes, sessions=1_000_000, steps=1400),
        Row("sessions", lanes=lanes, sessions=NUM_SESSIONS, steps=None),
        *(for_gpus if large else []),
    ]


QUICK = ("items=10000", "items=1000000", "sessions=100000", "sessions=1000000")


def compiled_model(row: Row, catalog: ksr.Catalog) -> ksr.models.GRU4Rec:
    """GRU4Rec as the row's axis has it."""
    fastest = row.axis == "sessions"
    model = ksr.models.GRU4Rec(catalog, units=[row.units], tie_embeddings=not fastest, seed=1)
    optimizer = ksr.optimizers.SparseAdagrad(0.05, momentum=0.1)
    if fastest:
        model.compile(optimizer, ksr.losses.BPRMax(), ksr.samplers.InBatch())
    else:
        negatives = ksr.samplers.Popularity(2048, alpha=0.5, logq=1.0)
        model.compile(optimizer, ksr.losses.CrossEntropy(), negatives)
    return model


def measure(row: Row, quick: bool) -> dict[str, Any]:
    """The record of a row, measured in this process."""
    held = memory_gib("VmRSS")
    catalog = zipf_catalog(row.items)
    log = random_log(catalog, row.sessions or row.steps * row.lanes // 2, row.events)
    model = compiled_model(row, catalog)
    begin = time.perf_counter()
    batches = ksr.batches.session_parallel(log, catalog, lanes=row.lanes)
    prepare = time.perf_counter() - begin
    pairs = log.num_events - log.num_sessions
    del log

    first = seconds(partial(model.fit, batches.take(100), verbose=0))
    if row.steps is None:
        repeats, steps = 1, int(batches.cardinality())
    else:
        repeats, steps = (2, row.steps // 4) if quick else (5, row.steps)
        steps = min(steps, int(batches.cardinality()))
        batches = batches.take(steps)
    train = partial(model.fit, batches, verbose=0)
    median = float(np.median([seconds(train) for _ in range(repeats)]))
    peak = memory_gib("VmHWM")
    return {
        "axis": row.axis,
        "size": row.size,
        "lanes": row.lanes,
        "mini-batches": steps,
        "events/s": round(min(steps * row.lanes, pairs) / median),
        "peak GiB": peak,
        "added GiB": peak - held,
        "prepare, s": prepare,
        "first, s": first,
        "epoch, s": median if row.steps is None else "-",
    }


def main() -> None:
    arguments = parser(__doc__, "two rows of items and sessions")
    arguments.add_argument("--lanes", type=int, default=200, help="of the session axis")
    arguments.add_argument("--large", action="store_true", help="rows for a GPU, OTTO's size too")
    arguments.add_argument("--row", help="measures one row here, e.g. items=10000; prints JSON")
    args = arguments.parse_args()
    chosen = {row.name: row for row in rows(args.lanes, args.large)}
    if args.row:
        if args.row not in chosen:
            arguments.error(f"--row must be one of {', '.join(chosen)}")
        print(json.dumps(measure(chosen[args.row], args.quick)))
        return

    print(describe())
    options = ["--lanes", str(args.lanes)]
    options += [f"--{name}" for name in ("quick", "large") if getattr(args, name)]
    records = Records(args.json)
    for name in QUICK if args.quick else chosen:
        record = in_own_process(__file__, "--row", name, *options)
        same = [r["events/s"] for r in records if r["axis"] == record["axis"]]
        record["ratio"] = record["events/s"] / [*same, record["events/s"]][0]
        records.add(record)
    print_table(records)
    for record in records:
        if record["epoch, s"] != "-":
            ten = record["prepare, s"] + record["first, s"] + EPOCHS * record["epoch, s"]
            print(
                f"\n{record['size']:,} sessions, {record['lanes']} lanes: {record['epoch, s']:.1f} "
                f"s an epoch; {EPOCHS} epochs with preparation and compilation: "
                f"{ten:.0f} s (extrapolated)"
            )


if __name__ == "__main__":
    main()
