"""Latency and throughput of exported models on one core, as a server runs them.

    python benchmarks/serving.py --peer CHECKOUT --json serving.json

An export is loaded as the server loads it, into a TensorFlow session, and asked for 20 items of the
whole catalog, from raw string ids to raw string ids, other sessions at every call; untrained models
cost the same as trained ones. `recommend` sends
sessions of 5 or 20 clicks, `step` the last click and the state. CHECKOUT is a checkout of
github.com/hidasib/GRU4Rec_PyTorch_Official, which needs PyTorch; its GRU4Rec reads the same numbers
of clicks, scores after the last one only, and `torch.topk` ranks: item numbers in, numbers out,
without ids. Calls of both take turns in one process that is held to one core; every model and size
has a process of its own, and so has its export. `requests/s` counts sessions, the core being busy
with nothing else. `loaded GiB` is the resident memory that loading and a first answer add.

`benchmarks/serving_soak.py` keeps one export busy for as long as one likes;
`pruned_search.py` is about `export(search=...)`, `serving_load.py` about the development server.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import NUM_ITEMS
from machine import describe, in_own_process, memory_gib, milliseconds_in_turns
from tables import Records, parser, print_table

import keras_sessrec as ksr

K, UNITS = 20, 100
SIZES = (10_000, NUM_ITEMS, 100_000, 1_000_000)
PEERS = {"one-hot": False, "tied": True}  # the port's `constrained_embedding`
MODELS = (*PEERS, "M1", "p-RNN", "M4")
# What is called, sessions in a call, clicks in a session.
CASES = (
    ("recommend", 1, 5),
    ("recommend", 8, 5),
    ("recommend", 64, 5),
    ("recommend", 1, 20),
    ("step", 1, 20),
)


def make_model(name: str, num_items: int) -> ksr.models.SessionRecommender:
    """An untrained model of string ids."""
    counts = num_items // np.arange(1, num_items + 1)
    catalog = ksr.Catalog([f"item-{i}" for i in range(num_items)], counts)
    if name in PEERS:
        return ksr.models.GRU4Rec(catalog, units=[UNITS], tie_embeddings=PEERS[name], seed=1)
    if name == "M1":
        return ksr.recipes.get("tan_m1_100").build(catalog, seed=1)
    vectors = np.random.default_rng(0).normal(size=(num_items, 50)).astype("float32")
    if name == "M4":
        return ksr.models.EmbeddingGRU4Rec(catalog, vectors, units=[UNITS], seed=1)
    return ksr.models.ParallelGRU4Rec(
        catalog.with_features("image", vectors),
        subnets={
            "item": ksr.layers.Subnet(ksr.layers.OneHotItem(), units=[UNITS]),
            "image": ksr.layers.Subnet(ksr.layers.FeatureTable("image"), units=[UNITS]),
        },
        seed=1,
    )


def export(name: str, num_items: int, folder: str) -> str:
    """Exports a model; returns the version's folder."""
    return str(ksr.serving.export(make_model(name, num_items), f"{folder}/model", k=K))


class Server:
    """An export in a TensorFlow session."""

    def __init__(self, folder: str) -> None:
        one = {"intra_op_parallelism_threads": 1, "inter_op_parallelism_threads": 1}
        config = tf.compat.v1.ConfigProto(**one)
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        with self._session.graph.as_default():
            meta = tf.compat.v1.saved_model.load(self._session, ["serve"], folder)
        self._signatures = meta.signature_def

    def signature(self, name: str) -> Callable[..., dict[str, np.ndarray]]:
        """A function from named inputs to named outputs."""
        signature = self._signatures[name]
        outputs = list(signature.outputs)
        run = self._session.make_callable(
            [signature.outputs[output].name for output in outputs],
            feed_list=[tensor.name for tensor in signature.inputs.values()],
        )
        return lambda **inputs: dict(
            zip(outputs, run(*(inputs[name] for name in signature.inputs)), strict=True)
        )


def string_ids(items: np.ndarray) -> np.ndarray:
    """The ids of items counted from 0."""
    return np.array([[f"item-{i}" for i in row] for row in items], dtype=object)


def our_call(server: Server, what: str, sessions: list[np.ndarray]) -> Callable[[], Any]:
    """A function that sends the next sessions, those of the list over and over."""
    sent = [string_ids(items) for items in sessions]
    none = np.full((len(sessions[0]), 1), "", dtype=object)
    state = server.signature("encode")(session=sent[0])["state"]
    call = server.signature("step" if what == "step" else "serving_default")
    turn = 0

    def send() -> dict[str, np.ndarray]:
        nonlocal turn
        turn = (turn + 1) % len(sent)
        if what == "step":
            return call(item=sent[turn][:, -1], state=state, exclude=none)
        return call(session=sent[turn], exclude=none)

    return send


def peer_model(path: str, tied: bool, num_items: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function from items `[sessions, clicks]` to the port's best items."""
    sys.path.insert(0, path)
    import torch
    from gru4rec_pytorch import GRU4RecModel

    torch.set_num_threads(1)
    model = GRU4RecModel(num_items, layers=[UNITS], constrained_embedding=tied).eval()

    @torch.inference_mode()
    def recommend(items: np.ndarray) -> np.ndarray:
        clicks = torch.from_numpy(items)
        hidden = [torch.zeros((len(items), UNITS))]
        for step in range(items.shape[1]):
            vectors, table, bias = model.embed(clicks[:, step], hidden, None)
            if not tied:
                hidden[0] = vectors
            last = model.hidden_step(vectors, hidden)
        return torch.topk(model.score_items(last, table, bias), K)[1].numpy()

    return recommend


def peer_call(
    recommend: Callable[[np.ndarray], np.ndarray], sessions: list[np.ndarray]
) -> Callable[[], np.ndarray]:
    """As `our_call`."""
    turn = 0

    def call() -> np.ndarray:
        nonlocal turn
        turn = (turn + 1) % len(sessions)
        return recommend(sessions[turn])

    return call


def measure(
    name: str, num_items: int, peer: str | None, most: int, limit: float
) -> list[dict[str, Any]]:
    """The records of one model and size, measured in this process."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = in_own_process(__file__, "--export", name, str(num_items), scratch)
        held, begin = memory_gib("VmRSS"), time.perf_counter()
        server = Server(folder)
        load_seconds = time.perf_counter() - begin
    rng = np.random.default_rng(0)
    our_call(server, "recommend", [np.array([[0]])])()
    added = memory_gib("VmRSS") - held
    theirs = peer_model(peer, PEERS[name], num_items) if peer and name in PEERS else None
    records = []
    for what, rows, clicks in CASES:
        sessions = [rng.integers(num_items, size=(rows, clicks)) for _ in range(50)]
        calls: dict[str, Callable[[], Any]] = {"ours": our_call(server, what, sessions)}
        if theirs and what == "recommend":
            calls["port"] = peer_call(theirs, sessions)
        times = {key: t[1:] for key, t in milliseconds_in_turns(calls, most, limit).items()}
        p50, p90, p99 = np.percentile(times["ours"], [50, 90, 99])
        port = float(np.median(times["port"])) if "port" in times else None
        records.append(
            {
                "model": name,
                "items": num_items,
                "call": what,
                "sessions": rows,
                "clicks": clicks,
                "p50, ms": float(p50),
                "p90, ms": float(p90),
                "p99, ms": float(p99),
                "requests/s": 1000 * rows / float(np.mean(times["ours"])),
                "port, p50, ms": port or "-",
                "ratio": port / float(p50) if port else "-",
                "loaded GiB": added,
                "load, s": load_seconds,
                "calls": len(times["ours"]),
            }
        )
    return records


def main() -> None:
    arguments = parser(__doc__, "two models and sizes, fewer calls")
    arguments.add_argument("--peer", help="checkout of the authors' PyTorch port")
    arguments.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    arguments.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="items")
    arguments.add_argument("--row", nargs=2, help="measures one model and size here; prints JSON")
    arguments.add_argument("--export", nargs=3, help="exports a model of a size to a folder")
    args = arguments.parse_args()
    if args.export:
        name, num_items, folder = args.export
        print(json.dumps(export(name, int(num_items), folder)))
        return
    most, limit = (200, 2.0) if args.quick else (2000, 6.0)
    if args.row:
        # The last core: the first one serves the machine's interrupts.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
        name, num_items = args.row
        print(json.dumps(measure(name, int(num_items), args.peer, most, limit)))
        return
    print(describe())
    models, sizes = (args.models[:2], args.sizes[1:3]) if args.quick else (args.models, args.sizes)
    options = (["--quick"] if args.quick else []) + (["--peer", args.peer] if args.peer else [])
    records = Records(args.json)
    for num_items in sizes:
        for name in models:
            records.add(*in_own_process(__file__, "--row", name, str(num_items), *options))
    print_table(records)


if __name__ == "__main__":
    main()
