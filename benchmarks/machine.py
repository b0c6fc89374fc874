"""The machine that a benchmark runs on: what it is, its memory, its time."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

WARM_UP = 3  # calls that do not count


def describe() -> str:
    """One line: processor, cores in use, versions."""
    model = platform.processor() or platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    devices = [d.device_type for d in tf.config.list_physical_devices()]
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, devices {'+'.join(sorted(set(devices)))}; "
        f"Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}, NumPy {np.__version__}"
    )


def memory_gib(field: str) -> float:
    """Resident memory of this process, now (`"VmRSS"`) or at its peak (`"VmHWM"`).

    Not `ru_maxrss` of `getrusage`, which begins at the peak of the parent process.
    """
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 2**20
    raise RuntimeError(f"/proc/self/status has no {field}.")


def in_own_process(script: str, *arguments: str) -> Any:
    """Runs a script that prints JSON as its last line; returns what that says."""
    command = [sys.executable, script, *arguments]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{process.stderr[-2000:]}")
    return json.loads(process.stdout.splitlines()[-1])


def seconds(call: Callable[[], Any]) -> float:
    """Time of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def in_turns(calls: dict[str, Callable[[], Any]], turns: int) -> dict[str, float]:
    """Median seconds of each call, in turns; a first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(1 + turns):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return {name: float(np.median(values[1:])) for name, values in times.items()}


def milliseconds_in_turns(
    calls: dict[str, Callable[[], Any]], most: int, limit: float
) -> dict[str, list[float]]:
    """Milliseconds of every call, the first one first: at most `most`, within `limit` seconds."""
    times = {name: [1000 * seconds(call)] for name, call in calls.items()}
    for _ in range(WARM_UP):
        for call in calls.values():
            call()
    end = time.perf_counter() + limit
    for turn in range(most):
        if turn >= 5 and time.perf_counter() > end:
            break
        for name, call in calls.items():
            times[name].append(1000 * seconds(call))
    return times
