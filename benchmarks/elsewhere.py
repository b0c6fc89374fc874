"""A click without TensorFlow: what a file for ONNX Runtime or LiteRT costs, and how large it is.

    python benchmarks/elsewhere.py --json elsewhere.json

GRU4Rec (100 units, one-hot and tied, random weights) of catalogs of several sizes. One click after
others, the state being with the client, then the 20 best: `ksr.serving.export_step` as ONNX and as
LiteRT, whose scores NumPy sorts, and the signature `step` of an export in a TensorFlow session,
which does it within, from raw ids. Beside them a whole session of five clicks: `model.export` as
ONNX and as LiteRT (of at most 20 clicks). One core, in turns; needs onnxruntime, tf2onnx and
ai-edge-litert.
"""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import describe, milliseconds_in_turns
from tables import Record, Records, parser, print_table

import keras_sessrec as ksr
from serving import Server, make_model, our_call

K = 20
CLICKS = 5


def onnx(path: pathlib.Path) -> Any:
    """A session on one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)


def litert(path: pathlib.Path) -> Any:
    """The function of a file, on one core."""
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path), num_threads=1).get_signature_runner()


def best(scores: np.ndarray) -> np.ndarray:
    """The columns of the 20 best, best first."""
    columns = np.argpartition(scores[0], -K)[-K:]
    return columns[np.argsort(-scores[0, columns])]


def measured(kind: str, num_items: int, most: int, limit: float) -> list[Record]:
    """One row for each file."""
    model = make_model(kind, num_items)
    model.is_trained = True  # as far as the time goes
    rng = np.random.default_rng(0)
    sessions = [rng.integers(num_items, size=(1, CLICKS)) for _ in range(50)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        served = ksr.serving.export(model, folder / "shop", k=K, verbose=0)
        for name, format in (("shop.onnx", "onnx"), ("shop.tflite", "litert")):
            model.export(folder / name, format, verbose=False)
            ksr.serving.export_step(model, folder / f"step-{name}")
        calls = {"step, TensorFlow": our_call(Server(str(served)), "step", sessions)}
        calls |= of_files(folder, sessions)
        names = ("step-shop.onnx", "step-shop.tflite", "shop.onnx", "shop.tflite")
        sizes = [sum(f.stat().st_size for f in served.rglob("*") if f.is_file())]
        sizes += [(folder / name).stat().st_size for name in names]
        times = milliseconds_in_turns(calls, most, limit)
    rows = []
    for (what, values), size in zip(times.items(), sizes, strict=True):
        p50, p90 = np.percentile(values[1:], [50, 90])
        row = {"model": kind, "items": num_items, "what": what, "MB": size / 1e6}
        rows.append(row | {"p50, ms": float(p50), "p90, ms": float(p90)})
    return rows


def of_files(folder: pathlib.Path, sessions: list[np.ndarray]) -> dict[str, Callable[[], Any]]:
    """Functions that send the next session's last click, or all of it."""
    one, whole = onnx(folder / "step-shop.onnx"), onnx(folder / "shop.onnx")
    lite_one, lite_whole = litert(folder / "step-shop.tflite"), litert(folder / "shop.tflite")
    state = np.zeros(lite_one.get_input_details()["state"]["shape"], "float32")
    for click in sessions[0][0] + 1:
        item = np.array([click], "int32")
        state = one.run(["next_state"], {"item": item, "state": state})[0]
    padded = np.zeros((1, 20), "int32")
    turn = 0

    def clicks() -> np.ndarray:
        nonlocal turn
        turn = (turn + 1) % len(sessions)
        return (sessions[turn] + 1).astype("int32")

    def lite_session() -> np.ndarray:
        padded[0, :CLICKS] = clicks()[0]
        return best(lite_whole(items=padded)["output_0"])

    return {
        "step, ONNX": lambda: best(one.run(None, {"item": clicks()[:, -1], "state": state})[1]),
        "step, LiteRT": lambda: best(lite_one(item=clicks()[:, -1], state=state)["scores"]),
        "session, ONNX": lambda: best(whole.run(None, {"items": clicks()})[0]),
        "session, LiteRT": lite_session,
    }


def main() -> None:
    arguments = parser(__doc__, "the first size alone, fewer calls")
    arguments.add_argument("--items", nargs="+", type=int, default=[3_000, 37_483, 100_000])
    args = arguments.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    print(describe())
    records = Records(args.json)
    for kind in ("one-hot", "tied"):
        for num_items in args.items[:1] if args.quick else args.items:
            records.add(*measured(kind, num_items, *((100, 2.0) if args.quick else (500, 10.0))))
    print_table(records)


if __name__ == "__main__":
    main()
