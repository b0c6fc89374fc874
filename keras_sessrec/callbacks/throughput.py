"""How fast a model trains."""

from __future__ import annotations

import time
from typing import Any

import keras


class Throughput(keras.callbacks.Callback):
    """Adds `events_per_second` to the logs: trained events by the time training took.

    An event is a click with a target. Validation does not count, nor does the first
    execution of a `fit`, which compiles. The progress bar shows the epoch so far; put the
    callback before `TensorBoard`, which takes the logs as it finds them.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=100, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    >>> model.compile(negatives=ksr.samplers.InBatch(), steps_per_execution=2)
    >>> batches = ksr.batches.session_parallel(log, catalog, lanes=8)
    >>> history = model.fit(batches, verbose=0, callbacks=[Throughput()])
    >>> history.history["events_per_second"][0] > 0
    True
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._compiled = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._begin, self._skipped, self._speed = time.perf_counter(), 0.0, None

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = time.perf_counter()
        events = self.model.events_trained
        if not self._compiled:
            self._compiled = True
            if self._is_last(batch):  # there is nothing else to measure
                self._speed = events / (now - self._begin)
            self._begin, self._skipped = now, events
        else:
            self._speed = (events - self._skipped) / (now - self._begin)
        if logs is not None and self._speed is not None:
            logs["events_per_second"] = self._speed

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None and self._speed is not None:
            logs["events_per_second"] = self._speed

    def _is_last(self, batch: int) -> bool:
        """Whether the epoch ends with this execution, as far as is known."""
        steps = self.params.get("steps")
        return steps is not None and batch + 1 >= steps
