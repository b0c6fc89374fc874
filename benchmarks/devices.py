"""What training on several devices costs and brings: two programs, exchange, two workers.

    python benchmarks/devices.py --json devices.json

1. On one device: a mini-batch in two programs with an empty exchange between them, as replicas
   train, as ratio to plain `fit`, in turns in one process.
2. Two workers on a core each, speaking over the loopback, as ratio to one process on one core, by
   the size of the catalog; the share of the exchange is measured by leaving it out, which trains
   something else but runs the same programs. Megabytes are those of weights and optimizer, and of
   what a worker sends in a mini-batch.

A tied GRU4Rec with momentum, 2,048 samples, on random clicks; median epochs count.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import random_log, zipf_catalog
from machine import describe, in_turns
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


def work(settings: dict[str, Any]) -> dict[str, float]:
    """One worker, or the only process: milliseconds of a mini-batch, with and without exchange."""
    os.sched_setaffinity(0, {settings.pop("core")})
    epochs = settings.pop("epochs")
    model = None
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        with strategy.scope():
            model, batches = world(**settings)
    else:
        model, batches = world(**settings)
    state = [*model.variables, *model.optimizer.variables]
    found = {"MB": sum(np.asarray(v).nbytes for v in state) / 1e6}
    fit = partial(model.fit, batches, verbose=0)
    found["ms"] = 1e3 * in_turns({"fit": fit}, epochs)["fit"] / settings["steps"]
    if "TF_CONFIG" in os.environ:
        exchange, lengths = model._replicas.exchange, []

        def alone(values: list[tf.Tensor]) -> tf.Tensor:
            lengths.append(values[0].shape.num_elements())
            return values[0]

        exchange.sum, exchanging = alone, exchange.sum
        model._train_functions.clear()
        exchange.from_chief, exchange.of_all = np.asarray, lambda number: [number]
        found["ms alone"] = 1e3 * in_turns({"fit": fit}, epochs)["fit"] / settings["steps"]
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
    arguments.add_argument("--lanes", type=int, default=128)
    arguments.add_argument("--samples", type=int, default=2048)
    arguments.add_argument("--worker", help="settings of one worker, for the script's own use")
    args = arguments.parse_args()
    if args.worker:
        print(json.dumps(work(json.loads(args.worker))))
        return
    print(describe())
    records = Records(args.json)
    common = {"lanes": args.lanes, "samples": args.samples, "steps": 50 if args.quick else 200}
    turns = 2 if args.quick else 7
    for units in (100, 480):
        calls = {}
        for name in ("fit", "two programs"):
            model, batches = world(units, items=20_000, **common)
            if name != "fit":
                in_two_programs(model)
            calls[name] = partial(model.fit, batches, verbose=0)
        times = in_turns(calls, turns)
        milliseconds = {name: 1e3 * time / common["steps"] for name, time in times.items()}
        records.add(
            {
                "on": "one device",
                "units": units,
                "items": 20_000,
                "ms of fit": milliseconds["fit"],
                "ms in two programs": milliseconds["two programs"],
                "ratio": times["two programs"] / times["fit"],
            }
        )
    sizes = [(480, 20_000)] if args.quick else [(100, 20_000)]
    sizes += [] if args.quick else [(480, items) for items in (2_000, 20_000, 200_000)]
    for units, items in sizes:
        settings = {**common, "units": units, "items": items, "epochs": turns}
        one, two = in_processes(1, **settings), in_processes(WORKERS, **settings)
        records.add(
            {
                "on": "two workers",
                "units": units,
                "items": items,
                "MB of weights and optimizer": one["MB"],
                "MB sent in a mini-batch": two["MB sent"],
                "ms of one process on one core": one["ms"],
                "ms of two workers on a core each": two["ms"],
                "times the events/s": one["ms"] / two["ms"],
                "share of the exchange": max(0.0, 1 - two["ms alone"] / two["ms"]),
            }
        )
    for where in ("one device", "two workers"):
        print_table(row for row in records if row["on"] == where)


if __name__ == "__main__":
    main()
