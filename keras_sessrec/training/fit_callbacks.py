"""What callbacks hear of a `fit` that runs many mini-batches per call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

_MODES = {"up": "max", "down": "min"}


class FitCallbacks(keras.callbacks.CallbackList):
    """Counts in mini-batches where Keras' loop counts blocks, and begins the model's epochs.

    Args:
        callbacks: What `fit` takes: `None`, a callback, a sequence of them or a list object.
        model: Model with `begin_epoch(epoch)`, which chooses what an epoch trains, and
            `end_epoch()`.
        size: int, mini-batches in a block.
        steps: int, mini-batches in an epoch, or `None` if unknown.
        epochs: int, as in `fit`.
        verbose: As in `fit`.
    """

    def __init__(
        self, callbacks: Any, model: Any, size: int, steps: int | None, epochs: int, verbose: Any
    ) -> None:
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = callbacks.callbacks
        self._size, self._steps = size, steps
        super().__init__(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )
        set_modes(self.callbacks, model.metrics)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self.model.begin_epoch(epoch)  # the last, since callbacks may look at the data

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.end_epoch()
        super().on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_train_batch_begin(batch * self._size, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        seen = (batch + 1) * self._size
        super().on_train_batch_end(min(seen, self._steps or seen) - 1, logs)


def set_modes(callbacks: Iterable[Any], metrics: Iterable[keras.metrics.Metric]) -> None:
    """Tells `EarlyStopping("val_recall_at_20")` and its like that more is better.

    Keras looks a metric's direction up where only its own `compile` puts metrics. What a
    callback is told by its user (`mode="min"`) stays.

    Args:
        callbacks: Iterable of Keras callbacks; those with a `monitor` and `mode="auto"` that
            monitor one of the metrics, on training or validation data, are set.
        metrics: Iterable of metrics, ours or Keras'; one without a direction is left out.

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
