"""Training speed in events/s against the authors' PyTorch port, in turns in one run.

    python benchmarks/train_speed.py --peer CHECKOUT --json train_speed.json

CHECKOUT is a checkout of github.com/hidasib/GRU4Rec_PyTorch_Official, which needs PyTorch; it is
left unchanged. Both train with the same settings on the same synthetic log of 37,483 items, each
in a process of its own held to as many cores as threads. Ours is `model.fit` as a user calls it,
input included; the port's time is that of its training loop alone, without the drawing of its
store of samples. Runs take turns; the median counts. The first run (ours: with compilation) is
told apart. Without `--peer` only ours is measured.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
from machine import describe
from speed_rows import ROWS
from tables import Records, parser, print_table

HERE = pathlib.Path(__file__).parent


class Worker:
    """A contender in its own process."""

    def __init__(
        self, contender: str, row: int, threads: int, extras: bool, steps: int, path: str = ""
    ) -> None:
        paths = [str(HERE), path, os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [
                sys.executable,
                str(HERE / "train_speed_worker.py"),
                contender,
                str(row),
                str(threads),
                "extras" if extras else "plain",
                str(steps),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        self.first = self._answer()["first"]

    def _answer(self) -> dict[str, float]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"A contender stopped: {' '.join(self._process.args)}")
        return json.loads(line)

    def ask(self, what: str) -> float:
        """Trains once (`"train"`), or measures the matrix product (`"peak"`)."""
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        return self._answer()["result"]

    def close(self) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def measure(row: int, threads: int, peer: str | None, repeats: int, steps: int) -> dict[str, Any]:
    """One line of the table."""
    workers = {
        "ours": Worker("ours", row, threads, False, steps),
        "extras": Worker("ours", row, threads, True, steps),
    }
    if peer:
        workers["peer"] = Worker("peer", row, threads, False, steps, peer)
    seconds = {name: [] for name in workers}
    peaks = []
    for _ in range(repeats):
        for name, worker in workers.items():
            seconds[name].append(worker.ask("train"))
        peaks.append(workers["ours"].ask("peak"))
    for worker in workers.values():
        worker.close()
    settings = ROWS[row]
    events = steps * settings.lanes
    speed = {name: events / float(np.median(values)) for name, values in seconds.items()}
    record = {
        "configuration": settings.name,
        "threads": threads,
        "events/s": round(speed["ours"]),
        "port, events/s": round(speed["peer"]) if peer else "-",
        "ratio": speed["ours"] / speed["peer"] if peer else "-",
        "with dropout and momentum": speed["extras"] / speed["ours"],
        "GFLOP/s": speed["ours"] * settings.flops_per_event / 1e9,
        "of matrix peak": speed["ours"] * settings.flops_per_event / np.median(peaks),
        "first run, s": workers["ours"].first,
    }
    return record


def main() -> None:
    arguments = parser(__doc__, "two rows, one thread, short runs")
    arguments.add_argument("--peer", help="checkout of the authors' PyTorch port")
    arguments.add_argument(
        "--rows", nargs="+", type=int, default=list(range(len(ROWS))), help="0 to 3"
    )
    arguments.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    arguments.add_argument("--repeats", type=int, default=7)
    args = arguments.parse_args()
    rows, threads, repeats = args.rows, args.threads, args.repeats
    if args.quick:
        rows, threads, repeats = rows[:2], threads[:1], 3
    print(describe())
    records = Records(args.json)
    for row in rows:
        for count in threads:
            steps = ROWS[row].steps // (4 if args.quick else 1)
            records.add(measure(row, count, args.peer, repeats, steps))
    print_table(records)


if __name__ == "__main__":
    main()
