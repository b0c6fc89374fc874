"""Latency, agreement and memory of the pruned search beside the exact one, on one core.

    python benchmarks/pruned_search.py --data DIR --peer CHECKOUT --json pruned_search.json

Trains GRU4Rec (tied, 100 units, three epochs) on DIR/diginetica, or on the synthetic shop without
`--data`, or takes the model file that `--trained` names. No public log has a million items: larger
catalogs are made of the trained one by `large_catalogs.py`, each item a copy of a trained one with
noise, for `--noise` of 0.5 half as long as the vector; `untrained` vectors, evenly drawn, have no
order at all: what a search can do worst. Each is exported twice, exact and pruned, the pruned one
with half of the test sessions; the other half is asked, each session up to a random click. Both
exports, and the authors' PyTorch port (see `serving.py`) on as many items, are called in turns
in one process that is held to one core. `agreement` is measured on those answers, so `asked` for
0.99 may be missed by chance.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import tempfile
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from click_logs import load
from large_catalogs import grown
from machine import describe, in_own_process, milliseconds_in_turns
from tables import Records, parser, print_table

import keras_sessrec as ksr
from serving import UNITS, K, Server, peer_call, peer_model

SIZES = (100_000, 1_000_000)
ROWS = (1, 64)  # sessions in a call
ASKED = 2000
AGREEMENT = 0.99


def train(data: str | None, quick: bool, path: pathlib.Path) -> None:
    """Trains a model of unchanged size and saves it."""
    log, _ = load(data, "diginetica", quick)
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(
        catalog,
        units=[UNITS],
        tie_embeddings=True,
        hidden_dropout=0.2,
        embedding_dropout=0.3,
        seed=1,
    )
    model.compile(
        optimizer=ksr.optimizers.SparseAdagrad(0.1),
        negatives=ksr.samplers.Popularity(min(512, catalog.num_items), alpha=0.3, logq=1.0),
    )
    batches = ksr.batches.session_parallel(log, catalog, lanes=128)
    model.fit(batches, epochs=1 if quick else 3, verbose=0)
    model.save(path)


def catalog_of_size(
    path: str, data: str | None, num_items: int, noise: str
) -> tuple[ksr.models.GRU4Rec, ksr.data.SessionLog]:
    """A model of so many items, and test sessions on them."""
    model = keras.models.load_model(path)
    _, test = load(data, "diginetica", quick=False)
    num_items = max(num_items, model.catalog.num_items)
    model, log = grown(model, test, num_items, 0.5 if noise == "untrained" else float(noise))
    if noise == "untrained":
        model = ksr.models.GRU4Rec(model.catalog, units=[UNITS], tie_embeddings=True, seed=1)
        model.is_trained = True  # on purpose: no warning
    return model, log


def export(path: str, data: str | None, num_items: int, noise: str, folder: str) -> dict[str, Any]:
    """Exports exactly and pruned; returns what there is to say, and sessions to ask."""
    model, log = catalog_of_size(path, data, num_items, noise)
    turn = np.arange(log.num_sessions) % 2
    search = ksr.serving.PrunedSearch(log.select_sessions(turn == 0), agreement=AGREEMENT)
    ksr.serving.export(model, f"{folder}/exact", k=K, version=1, verbose=0)
    begin = time.perf_counter()
    ksr.serving.export(model, f"{folder}/pruned", k=K, version=1, verbose=0, search=search)
    seconds = time.perf_counter() - begin
    card = pathlib.Path(folder, "pruned/1/assets.extra/model_card.md").read_text()
    others = log.select_sessions(turn == 1)
    rng = np.random.default_rng(1)
    asked = []
    for place in rng.permutation(others.num_sessions)[:ASKED]:
        clicks = [i for i in others.session(place).tolist() if i != "unknown"]
        if clicks:
            asked.append(clicks[: rng.integers(1, len(clicks) + 1)])
    said = card.split("## Search\n\n")[1].split("\n\n##")[0]
    looked_at, table, table_float32 = (
        float(re.search(pattern, said, re.DOTALL)[1].replace(",", ""))
        for pattern in (r"\(([\d.]+)%\), and", r"table takes ([\d.,]+) MB", r"the ([\d.,]+) MB of")
    )
    facts = {"looked at, %": looked_at, "table, MB": table, "exact table, MB": table_float32}
    return {"card": said, "asked": asked, "facts": facts | {"export, s": seconds}}


def our_call(server: Server, requests: list[np.ndarray]) -> Callable[[], np.ndarray]:
    """A function that sends the next request, those of the list over and over."""
    call, turn = server.signature("serving_default"), 0

    def send() -> np.ndarray:
        nonlocal turn
        turn = (turn + 1) % len(requests)
        none = np.full((len(requests[turn]), 1), "", dtype=object)
        return call(session=requests[turn], exclude=none)["item_ids"]

    return send


def measure(args: Any, num_items: int, noise: str, most: int, limit: float) -> list[dict[str, Any]]:
    """The records of one catalog, measured in this process."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", args.data] if args.data else []
        command = ("--export", str(num_items), noise, folder, "--trained", args.trained)
        made = in_own_process(__file__, *command, *options)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
        servers = {name: Server(f"{folder}/{name}/1") for name in ("exact", "pruned")}
    print(made["card"], flush=True)
    agreement = _agreement(servers, made["asked"])
    port = peer_model(args.peer, True, num_items) if args.peer else None
    records = []
    for rows in ROWS:
        requests = _requests(made["asked"], rows)
        calls: dict[str, Callable[[], Any]] = {
            name: our_call(server, requests) for name, server in servers.items()
        }
        if port and rows == 1:
            drawn = np.random.default_rng(0).integers(num_items, size=(50, rows, 3))
            calls["port"] = peer_call(port, list(drawn))
        times = {key: t[1:] for key, t in milliseconds_in_turns(calls, most, limit).items()}
        record: dict[str, Any] = {"items": num_items, "catalog": noise, "sessions": rows}
        for name, values in times.items():
            p50, p90 = np.percentile(values, [50, 90])
            record |= {f"{name}, p50, ms": float(p50), f"{name}, p90, ms": float(p90)}
        ratio = float(np.median(times["exact"]) / np.median(times["pruned"]))
        record |= {"exact / pruned": ratio, "agreement": agreement}
        records.append(record | made["facts"] | {"calls": len(times["pruned"])})
    return records


def _agreement(servers: dict[str, Server], asked: list[list[str]]) -> float:
    """The share of the exact answers in the pruned ones."""
    shares = []
    for request in _requests(asked, 64):
        none = np.full((len(request), 1), "", dtype=object)
        found, wanted = (
            servers[name].signature("serving_default")(session=request, exclude=none)["item_ids"]
            for name in ("pruned", "exact")
        )
        shares += [np.isin(w, f).mean() for f, w in zip(found, wanted, strict=True)]
    return float(np.mean(shares))


def _requests(asked: list[list[str]], rows: int) -> list[np.ndarray]:
    """Sessions, padded, so many to a request."""
    requests = []
    for begin in range(0, len(asked) - rows + 1, rows):
        some = asked[begin : begin + rows]
        width = 1 + max(len(clicks) for clicks in some)
        padded = [[""] * (width - len(clicks)) + clicks for clicks in some]
        requests.append(np.array(padded, dtype=object))
    return requests


def main() -> None:
    arguments = parser(__doc__, "one epoch, the smaller catalog, fewer calls")
    arguments.add_argument("--data", help="folder with the data set")
    arguments.add_argument("--trained", help="a trained GRU4Rec of this data set, a .keras file")
    arguments.add_argument("--peer", help="checkout of the authors' PyTorch port")
    arguments.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="items")
    arguments.add_argument("--noise", nargs="+", default=["0.5", "1.0", "untrained"])
    arguments.add_argument("--row", nargs=2, help="measures one size and noise here; prints JSON")
    arguments.add_argument("--export", nargs=3, help="exports a size and noise to a folder")
    args = arguments.parse_args()
    if args.export:
        size, noise, folder = args.export
        print(json.dumps(export(args.trained, args.data, int(size), noise, folder)))
        return
    most, limit = (200, 3.0) if args.quick else (2000, 10.0)
    if args.row:
        print(json.dumps(measure(args, int(args.row[0]), args.row[1], most, limit)))
        return
    print(describe())
    records = Records(args.json)
    with tempfile.TemporaryDirectory() as scratch:
        if args.trained is None:
            args.trained = f"{scratch}/trained.keras"
            train(args.data, args.quick, pathlib.Path(args.trained))
        options = [x for name in ("data", "trained", "peer") for x in _option(args, name)]
        options += ["--quick"] if args.quick else []
        for size in args.sizes[:1] if args.quick else args.sizes:
            for noise in args.noise[:1] if args.quick else args.noise:
                records.add(*in_own_process(__file__, "--row", str(size), noise, *options))
    print_table(records)


def _option(args: Any, name: str) -> list[str]:
    value = getattr(args, name)
    return [f"--{name}", value] if value else []


if __name__ == "__main__":
    main()
