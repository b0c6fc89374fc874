"""What training on several devices costs and brings: two programs, exchange, two workers.

    python benchmarks/devices.py --json devices.json

1. On one device: a mini-batch in two programs with an empty exchange between them, as replicas
   train, as ratio to plain `fit`, in turns in one process.
2. Two workers on a core each, speaking over the loopback, as ratio to one process on one core, by
   lanes, units and the size of the catalog; the share of the exchange is measured by leaving it
   out, which trains something else but runs the same programs. Megabytes are those of weights and
   optimizer, and of what a worker sends in a mini-batch.

A tied GRU4Rec with momentum, 2,048 samples, on random clicks; median epochs count. Milliseconds of
the clock need an idle machine; those of the processor (CPU) count what a process itself computes,
on a busy one too, but not how long it waits for the other.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import random_log, zipf_catalog
from machine import describe
from tables import Records, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.models.replicas import Replicas
from keras_sessrec.training.devices import LocalExchange

WORKERS = 2


def world(units: int, lanes: int, items: int, samples: int, steps: int) -> tuple[Any, Any]:
    """A compiled model and the mini-batches of an epoch."""
    catalog = zipf_catalog(items)
    model = ksr.models.GRU4Rec(catalog, [units], tie_embeddings=True, seed=1)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.05, momentum=0.3),
        ksr.losses.CrossEntropy(),
        ksr.samplers.Popularity(samples, alpha=0.5, logq=1.0),
    )
    log = random_log(catalog, steps * lanes)
    return model, ksr.batches.session_parallel(log, catalog, lanes=lanes).take(steps)


def in_two_programs(model: Any) -> None:
    """Lets a model train on its device as one of several replicas does."""
    exchange = LocalExchange(tf.distribute.MirroredStrategy(["CPU:0"]))
    model._replicas = Replicas(model, exchange, jit_compile=True)


def milliseconds(
    calls: dict[str, Callable[[], Any]], turns: int, steps: int
) -> dict[str, dict[str, float]]:
    """Median of a mini-batch by the clock and of the processor, in turns; the first is left out."""
    clocks = {"ms": time.perf_counter, "CPU ms": time.process_time}
    times: dict[str, list[list[float]]] = {name: [] for name in calls}
    for _ in range(1 + turns):
        for name, call in calls.items():
            begin = [clock() for clock in clocks.values()]
            call()
            times[name].append([clock() for clock in clocks.values()] - np.array(begin))
    medians = {name: np.median(found[1:], axis=0) for name, found in times.items()}
    return {
        name: dict(zip(clocks, (1e3 * median / steps).tolist(), strict=True))
        for name, median in medians.items()
    }


def work(settings: dict[str, Any]) -> dict[str, float]:
    """One worker, or the only process: milliseconds of a mini-batch, with and without exchange."""
    os.sched_setaffinity(0, {settings.pop("core")})
    turns, steps = settings.pop("turns"), settings["steps"]
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        with strategy.scope():
            model, batches = world(**settings)
    else:
        model, batches = world(**settings)
    state = [*model.variables, *model.optimizer.variables]
    found = {"MB": sum(np.asarray(v).nbytes for v in state) / 1e6}
    fit = partial(model.fit, batches, verbose=0)
    found |= milliseconds({"fit": fit}, turns, steps)["fit"]
    if "TF_CONFIG" in os.environ:
        exchange, lengths = model._replicas.exchange, []

        def alone(values: list[tf.Tensor]) -> tf.Tensor:
            lengths.append(values[0].shape.num_elements())
            return values[0]

        exchange.sum, exchanging = alone, exchange.sum
        model._train_functions.clear()
        exchange.from_chief, exchange.of_all = np.asarray, lambda number: [number]
        alone_in = milliseconds({"fit": fit}, turns, steps)["fit"]
        found |= {f"{name} alone": value for name, value in alone_in.items()}
        found["MB sent"] = 4 * max(lengths) / 1e6
        exchanging([tf.zeros(1)])  # both workers end together
    return found


def in_processes(count: int, **settings: Any) -> dict[str, float]:
    """Runs workers, each on a core; returns what the first one has measured."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{held.getsockname()[1]}" for held in sockets]
    for held in sockets:
        held.close()
    cores, processes = sorted(os.sched_getaffinity(0)), []
    for index in range(count):
        environment = dict(os.environ)
        if count > 1:
            task = {"type": "worker", "index": index}
            environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
        own = json.dumps({**settings, "core": cores[index % len(cores)]})
        command = [sys.executable, __file__, "--worker", own]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, env=environment, **pipes))
    said = [process.communicate() for process in processes]
    for process, (_, errors) in zip(processes, said, strict=True):
        if process.returncode:
            raise RuntimeError(errors[-2000:])
    return json.loads(said[0][0].splitlines()[-1])


def main() -> None:
    arguments = parser(__doc__, "fewer sizes and mini-batches")
    arguments.add_argument("--samples", type=int, default=2048)
    arguments.add_argument("--worker", help="settings of one worker, for the script's own use")
    args = arguments.parse_args()
    if args.worker:
        print(json.dumps(work(json.loads(args.worker))))
        return
    print(describe())
    records = Records(args.json)
    steps, turns = (30, 2) if args.quick else (100, 5)
    for units in (100, 480):
        calls = {}
        for name in ("fit", "two programs"):
            model, batches = world(units, 128, 20_000, args.samples, steps)
            if name != "fit":
                in_two_programs(model)
            calls[name] = partial(model.fit, batches, verbose=0)
        times = milliseconds(calls, turns, steps)
        plain, two = times["fit"], times["two programs"]
        records.add(
            {
                "on": "one device",
                "units": units,
                "ms of fit": plain["ms"],
                "in two programs": two["ms"],
                "ratio": two["ms"] / plain["ms"],
                "CPU ms of fit": plain["CPU ms"],
                "CPU ms in two programs": two["CPU ms"],
                "ratio of CPU ms": two["CPU ms"] / plain["CPU ms"],
            }
        )
    sizes = [(480, 128, 20_000), (480, 1024, 20_000)]
    if not args.quick:
        sizes += [(100, 128, 20_000), (480, 128, 2_000), (480, 128, 200_000)]
    for units, lanes, items in sizes:
        settings = {"units": units, "lanes": lanes, "items": items, "samples": args.samples}
        settings |= {"turns": turns, "steps": max(10, steps * 128 // lanes)}
        one, two = in_processes(1, **settings), in_processes(WORKERS, **settings)
        records.add(
            {
                "on": "two workers",
                "units": units,
                "lanes": lanes,
                "items": items,
                "MB of weights": one["MB"],
                "MB sent": two["MB sent"],
                "ms of one": one["ms"],
                "of two": two["ms"],
                "times the events/s": one["ms"] / two["ms"],
                "share of the exchange": 1 - two["ms alone"] / two["ms"],
                "CPU ms of one": one["CPU ms"],
                "of each of two": two["CPU ms"],
                "times the events/CPU s": one["CPU ms"] / two["CPU ms"],
                "share of the exchange in CPU ms": 1 - two["CPU ms alone"] / two["CPU ms"],
            }
        )
    for where in ("one device", "two workers"):
        print_table(row for row in records if row["on"] == where)


if __name__ == "__main__":
    main()
