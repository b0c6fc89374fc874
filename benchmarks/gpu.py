"""All that is to be measured on a GPU, in one call of about ten minutes.

    python benchmarks/gpu.py --data DIR --peer CHECKOUT --json gpu.json

Runs the other benchmarks one after the other, each within a limit of seconds, and gathers their
records in one file: speed beside the authors' PyTorch port (`train_speed.py`, `--peer` as there),
frozen subnets by the step (`strategy_cost.py`), scale up to an epoch of OTTO's size
(`scaling.py --large`), M1's softmax (`tan_cost.py`), accuracy by arithmetic (`precision.py`,
`--data` as there), and before them the tests that only a GPU runs and the golden ones. What fails
or takes longer leaves a record that says so, and what it had measured until then.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tempfile
import time

from machine import describe
from tables import Record, Records, parser, print_table

HERE = pathlib.Path(__file__).parent
TESTS = ["-m", "pytest", "-q", "-m", "", "-n", "4", "-p", "no:cacheprovider"]


def parts(data: str | None, peer: str | None, quick: bool) -> dict[str, tuple[int, list[str]]]:
    """Seconds at most and arguments of every part, in the order in which they matter."""
    root = HERE.parent
    golden = sorted(str(path) for path in (root / "tests").glob("test_golden*.py"))
    with_data = ["--data", data] if data else []
    with_peer = ["--peer", peer] if peer else []
    cost = [] if quick else ["--units", "1000", "--lanes", "512", "--steps", "2000"]
    return {
        "tests": (120, [*TESTS, str(root / "tests" / "test_gpu.py"), *golden]),
        "train_speed": (150, with_peer),
        "strategy_cost": (90, cost),
        "precision": (150, with_data),
        "scaling": (240, ["--large"]),
        "tan_cost": (60, with_data),
    }


def run(name: str, limit: int, options: list[str], quick: bool) -> list[Record]:
    """The records of a part; the last one says how it ended."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "records.json"
        command = [sys.executable, *options]
        if name != "tests":
            command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(file), *options]
            command += ["--quick"] if quick else []
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
            said = done.stdout if name == "tests" else done.stderr
            ended = (said.splitlines() or [""])[-1] if done.returncode or name == "tests" else "ok"
        except subprocess.TimeoutExpired:
            ended = f"stopped after {limit} s"
        found = json.loads(file.read_text()) if file.exists() else []
    seconds = round(time.perf_counter() - begin, 1)
    return [*({"part": name, **row} for row in found), {"part": name, "ended": ended, "s": seconds}]


def main() -> None:
    arguments = parser(__doc__, "every part with its own --quick")
    arguments.add_argument("--data", help="folder of the data sets; else the synthetic shop")
    arguments.add_argument("--peer", help="checkout of the authors' PyTorch port")
    arguments.add_argument("--parts", nargs="+", help="only these")
    args = arguments.parse_args()
    machine = describe()
    print(machine)
    records = Records(args.json)
    records.add({"part": "machine", "ended": machine})
    for name, (limit, options) in parts(args.data, args.peer, args.quick).items():
        if not args.parts or name in args.parts:
            records.add(*run(name, limit, options, args.quick))
    print_table(row for row in records if "ended" in row)


if __name__ == "__main__":
    main()
