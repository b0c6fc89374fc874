"""What every benchmark says of the machine it ran on."""

from __future__ import annotations

import json
import os
import pathlib
import platform
from typing import Any

import keras
import numpy as np
import tensorflow as tf


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


def print_table(rows: list[dict[str, Any]]) -> None:
    """Prints records as a Markdown table; the first one's keys are the columns."""
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(_cell(row.get(column, "")) for column in columns) + " |")


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def write_json(path: str | None, rows: list[dict[str, Any]]) -> None:
    """Writes one record per row of the table, if a path is given."""
    if path:
        pathlib.Path(path).write_text(json.dumps(rows, indent=1) + "\n")
