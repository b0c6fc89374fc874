"""Load on the development server's REST: requests a second, waits, and where the time goes.

    python benchmarks/serving_load.py --json serving_load.json

Exports an untrained GRU4Rec (one-hot, 100 units, 37,483 items), serves it with `DevServer` in a
process of its own, and asks it over HTTP from threads of this one, connections kept open, sessions
of five clicks, 20 items back. `clients` ask without a pause, `sessions` in a request; server and
clients share the machine's cores. `server, ms` and `clients, ms` are processor time per
request. Then one session at a time in one process, step by step: the graph alone, with JSON in and
out, with HTTP around it and a client. gRPC needs TensorFlow Serving's own server and is not
measured.
"""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import numpy as np
from click_logs import NUM_ITEMS
from machine import describe, in_own_process
from tables import Records, parser, print_table

from keras_sessrec.serving.dev_server.dev_server import DevServer
from keras_sessrec.serving.dev_server.model_versions import ModelVersion
from keras_sessrec.serving.dev_server.predict_request import predict

CASES = ((1, 1), (8, 1), (1, 64), (8, 64))  # clients, sessions in a request
CLICKS = 5
PATH = "/v1/models/model:predict"


def bodies(sessions: int, count: int = 200) -> list[bytes]:
    """Bodies of requests."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        items = rng.integers(NUM_ITEMS, size=(sessions, CLICKS)).tolist()
        rows = [{"session": ["", *(f"item-{i}" for i in row)], "exclude": [""]} for row in items]
        made.append(json.dumps({"instances": rows}).encode())
    return made


class Client(threading.Thread):
    """Asks without a pause until it is told to stop."""

    def __init__(self, port: int, requests: list[bytes], first: int) -> None:
        super().__init__()
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._requests, self._turn = requests, first
        self.waits: list[float] = []
        self.stopped, self.error = False, None

    def ask(self) -> None:
        """One request; an answer of another kind is an error."""
        self._turn = (self._turn + 1) % len(self._requests)
        body = self._requests[self._turn]
        self._connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200 or text.count(b'"item_ids"') != body.count(b'"session"'):
            raise RuntimeError(f"{answer.status}: {text[:200]!r}")

    def run(self) -> None:
        try:
            while not self.stopped:
                begin = time.perf_counter()
                self.ask()
                self.waits.append(time.perf_counter() - begin)
        except Exception as error:  # of whatever kind, it is reported
            self.error = error


def load(port: int, server: int, clients: int, sessions: int, limit: float) -> dict[str, Any]:
    """The record of some seconds of load."""
    requests = bodies(sessions)
    threads = [Client(port, requests, 17 * i) for i in range(clients)]
    for thread in threads:
        thread.ask()  # connected, and the graph warm
    begin, theirs, ours = time.perf_counter(), _cpu_seconds(server), time.process_time()
    for thread in threads:
        thread.start()
    time.sleep(limit)
    for thread in threads:
        thread.stopped = True
    for thread in threads:
        thread.join()
        if thread.error:
            raise thread.error
    seconds = time.perf_counter() - begin
    theirs, ours = _cpu_seconds(server) - theirs, time.process_time() - ours
    waits = 1000 * np.concatenate([thread.waits for thread in threads])
    p50, p90, p99 = np.percentile(waits, [50, 90, 99])
    return {
        "what": "load",
        "clients": clients,
        "sessions": sessions,
        "requests/s": len(waits) / seconds,
        "sessions/s": sessions * len(waits) / seconds,
        "p50, ms": float(p50),
        "p90, ms": float(p90),
        "p99, ms": float(p99),
        "server, ms": 1000 * theirs / len(waits),
        "clients, ms": 1000 * ours / len(waits),
        "requests": len(waits),
    }


def _cpu_seconds(process: int) -> float:
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def steps(folder: str, count: int) -> list[dict[str, Any]]:
    """Processor time of one session, step by step, in one process."""
    (version,) = (path.parent for path in pathlib.Path(folder).glob("*/saved_model.pb"))
    model = ModelVersion(version)
    requests = bodies(1)
    inputs = []
    for body in requests:
        (row,) = json.loads(body)["instances"]
        inputs.append({name: np.array([ids], dtype=object) for name, ids in row.items()})
    with DevServer(folder, port=0) as server:
        client = Client(int(server.url.rsplit(":", 1)[1]), requests, 0)
        calls = {
            "graph": lambda i: model.predict("serving_default", inputs[i]),
            "+ JSON": lambda i: json.dumps(predict(model, requests[i])),
            "+ HTTP, client too": lambda i: client.ask(),
        }
        spent = dict.fromkeys(calls, 0.0)
        for turn in range(-20, count):  # the first ones warm up
            for name, call in calls.items():
                begin = time.process_time()
                call(turn % len(requests))
                spent[name] += (time.process_time() - begin) * (turn >= 0)
    return [
        {"what": name, "clients": 1, "sessions": 1, "all, ms": 1000 * seconds / count}
        for name, seconds in spent.items()
    ]


def serve(folder: str) -> None:
    """Serves until the process that started this closes the pipe."""
    with DevServer(folder, port=0) as server:
        print(server.url.rsplit(":", 1)[1], flush=True)
        sys.stdin.read()


def main() -> None:
    arguments = parser(__doc__, "fewer seconds")
    arguments.add_argument("--seconds", type=float, default=20, help="of each load")
    arguments.add_argument("--serve", help="serves a folder; prints the port")
    args = arguments.parse_args()
    if args.serve:
        serve(args.serve)
        return
    print(describe())
    records = Records(args.json)
    with tempfile.TemporaryDirectory() as scratch:
        beside = str(pathlib.Path(__file__).with_name("serving.py"))
        in_own_process(beside, "--export", "one-hot", str(NUM_ITEMS), scratch)
        folder = f"{scratch}/model"
        command = [sys.executable, __file__, "--serve", folder]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
            port = int(server.stdout.readline())
            for clients, sessions in CASES:
                seconds = 3 if args.quick else args.seconds
                records.add(load(port, server.pid, clients, sessions, seconds))
            server.stdin.close()
        records.add(*steps(folder, 200 if args.quick else 2000))
    print_table(records)


if __name__ == "__main__":
    main()
