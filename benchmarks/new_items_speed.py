"""How long new items take into the next version of an export, by their titles.

    python benchmarks/new_items_speed.py --json new_items_speed.json

GRU4Rec (100 units, tied, random weights) of catalogs of several sizes, and 1,000 new items. Titles
are six words, drawn by Zipf's law from 20,000. Seconds of what `keras-sessrec extend` does:
features from titles, `model.extended`, and the export, which is loaded and compared before it
appears; as the clock has them, and of processor time, which depends less on what else runs.
"""

from __future__ import annotations

import tempfile
import time

import numpy as np
from machine import describe
from tables import Record, Records, parser, print_table

import keras_sessrec as ksr
from serving import make_model

NEW = 1_000
WORDS = 20_000


def measured(num_items: int) -> list[Record]:
    """One row for each part of the way, and one for all of it."""
    rng = np.random.default_rng(0)
    model = make_model("tied", num_items)
    model.is_trained = True  # as far as the time goes
    ids = [*model.catalog.item_ids.tolist(), *(f"new-{number}" for number in range(NEW))]
    chance = 1 / np.arange(1, WORDS + 1)
    words = rng.choice(WORDS, size=(len(ids), 6), p=chance / chance.sum())
    titles = {i: " ".join(f"w{word}" for word in row) for i, row in zip(ids, words, strict=True)}
    rows: list[Record] = []
    clock, processor = time.perf_counter(), time.process_time()

    def add(part: str) -> None:
        nonlocal clock, processor
        now, used = time.perf_counter(), time.process_time()
        times = {"seconds": now - clock, "processor seconds": used - processor}
        rows.append({"items": num_items, "new": NEW, "part": part, **times})
        clock, processor = now, used

    catalog = model.catalog.with_items(ids)
    catalog = catalog.with_features("title", ksr.features.TextVectorizer().fit(catalog, titles))
    add("features from titles")
    extended = model.extended(catalog, from_features="title")
    add("rows of new items")
    with tempfile.TemporaryDirectory() as folder:
        ksr.serving.export(extended, f"{folder}/shop", verbose=0)
        add("export")
    total = {key: sum(row[key] for row in rows) for key in ("seconds", "processor seconds")}
    return [*rows, {"items": num_items, "new": NEW, "part": "all", **total}]


def main() -> None:
    arguments = parser(__doc__, "the first size alone")
    arguments.add_argument("--items", nargs="+", type=int, default=[3_000, 37_483, 100_000])
    args = arguments.parse_args()
    print(describe())
    records = Records(args.json)
    for num_items in args.items[:1] if args.quick else args.items:
        records.add(*measured(num_items))
    print_table(records)


if __name__ == "__main__":
    main()
