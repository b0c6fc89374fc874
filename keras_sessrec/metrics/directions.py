"""Which way is better, for callbacks that monitor a metric."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

_MODES = {"up": "max", "down": "min"}


def set_modes(callbacks: Iterable[Any], metrics: Iterable[keras.metrics.Metric]) -> None:
    """Tells `EarlyStopping("val_recall_at_20")` and its like that more is better.

    Keras looks a metric's direction up where only its own `compile` puts metrics. Set are
    callbacks with `mode="auto"` that monitor one of the metrics, on training or validation data.

    Example:

    >>> stop = keras.callbacks.EarlyStopping("val_recall_at_20")
    >>> set_modes([stop], [ksr.metrics.RecallAtK(20)])
    >>> stop.mode
    'max'
    """
    modes = {metric.name: _MODES.get(getattr(metric, "_direction", None)) for metric in metrics}
    for callback in callbacks:
        if getattr(callback, "mode", None) == "auto":
            name = str(getattr(callback, "monitor", "")).removeprefix("val_")
            callback.mode = modes.get(name) or "auto"
