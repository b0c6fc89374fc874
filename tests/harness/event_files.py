"""What a TensorBoard would read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf


def read_events(run: Path) -> dict[tuple[str, int], Any]:
    """Values of one run's event file, by tag and step.

    A histogram is an array `[buckets, 3]` of left, right, count; a text an array of bytes.
    """
    (path,) = run.glob("events*")
    values = {}
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            assert (value.tag, event.step) not in values, "written twice"
            values[value.tag, event.step] = tf.make_ndarray(value.tensor)
    return values
