"""Keeps an export busy: flat memory, no error, and the answers that calm requests get.

    python benchmarks/serving_soak.py --minutes 30 --json serving_soak.json

Threads send sessions of all lengths, in batches of all sizes, to all signatures of one export of
37,483 items; among them unknown ids, empty sessions, sessions of thousands of clicks and states
that are no numbers. Every answer must be finite, and now and then a request that was answered at
the start is sent again and must get the same answer. `--trained`, the file of a trained GRU4Rec on
DATA/diginetica, has the pruned search of its 43,097 items soaked instead. A line a minute: requests
so far and the resident memory, in GiB.
"""

from __future__ import annotations

import pathlib
import tempfile
import threading
import time

import numpy as np
from click_logs import NUM_ITEMS
from machine import describe, in_own_process, memory_gib
from tables import Records, parser, print_table

from serving import UNITS, Server, string_ids

SIGNATURES = ("serving_default", "recommend_unseen", "score", "encode", "step")
STATE = 1 + 2 * UNITS


class Client(threading.Thread):
    """Sends random requests until it is stopped."""

    def __init__(self, server: Server, seed: int, num_items: int) -> None:
        super().__init__()
        self._rng = np.random.default_rng(seed)
        self._calls = {name: server.signature(name) for name in SIGNATURES}
        self._num_items = num_items
        self.requests, self.error, self.stopped = 0, None, False
        self._known = string_ids(self._rng.integers(num_items, size=(3, 7)))
        self._want = self._recommend(self._known)

    def _recommend(self, session: np.ndarray) -> dict[str, np.ndarray]:
        none = np.full((len(session), 1), "", dtype=object)
        return self._calls["serving_default"](session=session, exclude=none)

    def _ids(self, rows: int, width: int) -> np.ndarray:
        """Known and unknown ids, and padding."""
        ids = string_ids(self._rng.integers(int(1.1 * self._num_items), size=(rows, width)))
        return np.where(self._rng.random((rows, width)) < 0.1, "", ids)

    def send(self) -> None:
        """One request; raises an error unless the answer is as it should be."""
        rng = self._rng
        name = SIGNATURES[rng.integers(len(SIGNATURES))]
        rows = int(rng.choice([1, 1, 1, 2, 8, 64]))
        width = int(rng.choice([0, 1, 3, 5, 20, 200, 5000 // rows]))
        if name == "step":
            state = rng.normal(size=(rows, STATE)).astype("float32")
            state[rng.random((rows, STATE)) < 0.01] = rng.choice([np.nan, np.inf, 1e38])
            inputs = {"item": self._ids(rows, 1)[:, 0], "state": state}
        else:
            inputs = {"session": self._ids(rows, width)}
        if name == "score":
            inputs["candidates"] = self._ids(rows, 50)
        elif name != "encode":
            inputs["exclude"] = self._ids(rows, 10)
        for key, values in self._calls[name](**inputs).items():
            if len(values) != rows or (values.dtype != object and not np.isfinite(values).all()):
                raise RuntimeError(f"{name} answered with a bad {key}.")
        if rng.random() < 0.05:
            answer = self._recommend(self._known)
            np.testing.assert_allclose(answer["scores"], self._want["scores"], atol=1e-5)

    def run(self) -> None:
        while not self.stopped and not self.error:
            try:
                self.send()
                self.requests += 1
            except Exception as error:  # whatever it is, it is what this looks for
                self.error = error


def main() -> None:
    arguments = parser(__doc__, "one minute")
    arguments.add_argument("--minutes", type=int, default=30)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--trained", help="a trained model's file, for its pruned search")
    arguments.add_argument("--data", help="folder with the data set that it was trained on")
    args = arguments.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as scratch:
        num_items, here = NUM_ITEMS, pathlib.Path(__file__)
        if args.trained:
            options = ["--data", args.data] if args.data else []
            options += ["--export", "0", "0.5", scratch, "--trained", args.trained]
            in_own_process(str(here.with_name("pruned_search.py")), *options)
            folder = f"{scratch}/pruned/1"
            num_items = len(pathlib.Path(folder, "assets/items.txt").read_text().splitlines())
        else:
            options = ["--export", "tied", str(num_items), scratch]
            folder = in_own_process(str(here.with_name("serving.py")), *options)
        server = Server(folder)
    clients = [Client(server, seed, num_items) for seed in range(args.threads)]
    for client in clients:
        client.start()
    records = Records(args.json)
    for minute in range(1, 1 + (1 if args.quick else args.minutes)):
        end = time.perf_counter() + 60
        while time.perf_counter() < end and not any(client.error for client in clients):
            time.sleep(0.5)
        requests = sum(client.requests for client in clients)
        records.add({"minute": minute, "requests": requests, "GiB": memory_gib("VmRSS")})
        if errors := [client.error for client in clients if client.error]:
            raise SystemExit(f"An error after {requests:,} requests: {errors[0]!r}")
    for client in clients:
        client.stopped = True
        client.join()
    print_table(records)


if __name__ == "__main__":
    main()
