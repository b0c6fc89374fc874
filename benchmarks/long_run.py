"""A process that trains, evaluates, exports and serves one model after the other: what grows.

    python benchmarks/long_run.py --minutes 60 --json long_run.json --plot docs/long_runs.png

Every turn makes a GRU4Rec of 10,000 items and another seed, trains an epoch with validation, ranks
a test, saves and loads the model, exports it, serves it with the development server, asks that for
recommendations, and drops everything. Nothing collects garbage but Python and the library, unless
`--clear` calls `keras.utils.clear_session()` after every turn. With `--growing` a model has one
item more than the one before, as from day to day in a shop, so that no two trainings are the same
program for XLA; without it they are. A turn's record has the resident memory, the models that are
still in memory, threads and open files. Slopes are fitted to the last two thirds of the turns.

To draw several runs: `--draw long_run.json growing.json --plot docs/long_runs.png`.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import tempfile
import time
import urllib.request
import weakref

import keras
import numpy as np
from click_logs import random_log, zipf_catalog
from machine import describe, memory_gib
from tables import Record, Records, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.serving.dev_server import DevServer

NUM_ITEMS, UNITS, LANES = 10_000, 100, 64
SESSIONS, TEST_SESSIONS, REQUESTS = 10_000, 300, 20


class Shop:
    """What the turns have in common: logs, and the models made so far."""

    def __init__(self, scratch: str, growing: bool) -> None:
        self._scratch, self._growing = pathlib.Path(scratch), growing
        known = zipf_catalog(NUM_ITEMS)
        self._train = random_log(known, SESSIONS)
        self._test = random_log(known, TEST_SESSIONS)
        self._models: list[weakref.ref] = []

    def turn(self, number: int) -> Record:
        """Trains, evaluates, saves, loads, exports and serves; returns what is left of it."""
        begin = time.perf_counter()
        self._serve(self._model(number), number)
        self._models = [model for model in self._models if model() is not None]
        return {
            "turn": number,
            "seconds": time.perf_counter() - begin,
            "MiB": 1024 * memory_gib("VmRSS"),
            "models in memory": len(self._models),
            "threads": len(os.listdir("/proc/self/task")),
            "open files": len(os.listdir("/proc/self/fd")),
        }

    def _model(self, number: int) -> ksr.models.SessionRecommender:
        """A trained model that was saved and loaded."""
        catalog = zipf_catalog(NUM_ITEMS + (number if self._growing else 0))
        model = ksr.models.GRU4Rec(catalog, units=[UNITS], hidden_dropout=0.2, seed=number)
        model.compile(
            ksr.optimizers.SparseAdagrad(0.05, momentum=0.2), metrics=[ksr.metrics.RecallAtK(20)]
        )
        batches = ksr.batches.session_parallel(self._train, catalog, lanes=LANES)
        held_out = ksr.batches.whole_sessions(self._test, catalog)
        model.fit(batches, validation_data=held_out, verbose=0)
        ksr.evaluate(model, self._test, k=20)
        path = self._scratch / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
        self._models += [weakref.ref(model), weakref.ref(loaded)]
        return loaded

    def _serve(self, model: ksr.models.SessionRecommender, number: int) -> None:
        """Exports the model as the next version, and asks it by a server of its own."""
        folder = self._scratch / "shop"
        ksr.serving.export(model, folder, version=number)
        rng = np.random.default_rng(number)
        with DevServer(folder, port=0) as server:
            for _ in range(REQUESTS):
                session = rng.integers(NUM_ITEMS, size=5).tolist()
                body = json.dumps({"inputs": {"session": [session], "exclude": [[-1]]}}).encode()
                url = f"{server.url}/v1/models/shop:predict"
                with urllib.request.urlopen(urllib.request.Request(url, body)) as answer:
                    found = json.load(answer)["outputs"]["item_ids"][0]
                if len(set(found)) != 20:
                    raise RuntimeError(f"Not 20 items: {found}.")
        shutil.rmtree(folder)


def slope(records: list[Record], name: str) -> float:
    """Growth per turn over the last two thirds, by least squares."""
    last = records[len(records) // 3 :]
    turns, values = [r["turn"] for r in last], [r[name] for r in last]
    return float(np.polyfit(turns, values, 1)[0]) if len(last) > 1 else float("nan")


def plot(runs: dict[str, list[Record]], path: str) -> None:
    """Memory over minutes, and the models that are in memory."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    memory, models = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    for name, records in runs.items():
        label = f"{name}: {slope(records, 'MiB'):+.2f} MiB a turn, {len(records)} turns"
        memory.plot([r["minute"] for r in records], [r["MiB"] for r in records], label=label)
        models.plot([r["minute"] for r in records], [r["models in memory"] for r in records])
    memory.set(ylabel="resident memory, MiB", ylim=(0, None))
    models.set(xlabel="minutes", ylabel="models in memory", ylim=(0, None))
    memory.legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=120)


def main() -> None:
    arguments = parser(__doc__, "three turns")
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--growing", action="store_true", help="an item more in every turn")
    arguments.add_argument("--clear", action="store_true", help="clear Keras' session every turn")
    arguments.add_argument("--plot", help="file for a picture")
    arguments.add_argument("--draw", nargs="+", help="only draw the runs of these JSON files")
    args = arguments.parse_args()
    if args.draw:
        files = [pathlib.Path(file) for file in args.draw]
        runs = {file.stem: json.loads(file.read_text()) for file in files}
        plot(runs, args.plot)
        return
    print(describe())
    records = Records(args.json)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        shop = Shop(scratch, args.growing)
        while len(records) < 3 or (not args.quick and records[-1]["minute"] < args.minutes):
            record = shop.turn(1 + len(records))
            if args.clear:
                keras.utils.clear_session()
            records.add(record | {"minute": (time.perf_counter() - begin) / 60})
    columns = ("MiB", "models in memory", "threads", "open files")
    rows = [{"": "first turn"} | {c: records[0][c] for c in columns}]
    rows += [{"": "last turn"} | {c: records[-1][c] for c in columns}]
    rows += [{"": "growth per turn, last two thirds"} | {c: slope(records, c) for c in columns}]
    print_table(rows)
    if args.plot:
        plot({"this run": records}, args.plot)


if __name__ == "__main__":
    main()
