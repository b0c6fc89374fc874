"""What callbacks hear of a `fit` that runs many mini-batches per call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras_sessrec.training.fit_progress import FitProgress

_MODES = {"up": "max", "down": "min"}


class FitCallbacks(keras.callbacks.CallbackList):
    """Counts in mini-batches where Keras' loop counts blocks, and begins the model's epochs.

    Args:
        callbacks: What `fit` takes: `None`, a callback, a sequence of them or a list object.
        model: Model with `begin_epoch(epoch)`, which chooses what an epoch trains, `end_epoch()`,
            `is_chief`, and `take_logs_of_chief(logs)`.
        progress: `FitProgress`.
        epochs: int, as in `fit`.
        verbose: As in `fit`.
    """

    def __init__(
        self, callbacks: Any, model: Any, progress: FitProgress, epochs: int, verbose: Any
    ) -> None:
        callbacks = _as_list(callbacks)
        self._progress = progress
        super().__init__(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=progress.steps,
        )
        self.callbacks = [
            c for c in self.callbacks if model.is_chief or not getattr(c, "only_chief", False)
        ]
        # What keeps the others' states hears of everything after them.
        last = [c for c in self.callbacks if _hears_last(c)]
        self.callbacks = [c for c in self.callbacks if c not in last]
        for callback in last:
            callback.others = list(self.callbacks)
        self.callbacks += last
        set_modes(self.callbacks, model.metrics)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self.model.begin_epoch(epoch)  # the last, since callbacks may look at the data

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.end_epoch()
        self.model.take_logs_of_chief(logs)
        super().on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch >= self._progress.idle:
            super().on_train_batch_begin(self._progress.done, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        done = self._progress.block_ends(batch)
        if done is not None:
            super().on_train_batch_end(done - 1, logs)

    def break_off(self) -> None:
        """Ends a training that failed: files are closed, best weights restored, backups kept."""
        for callback in self.callbacks:
            if not _hears_last(callback):
                callback.on_train_end()

    def leave(self) -> None:
        """Tells callbacks that took something from the process that `fit` ends, however it does."""
        for callback in self.callbacks:
            if hasattr(callback, "on_fit_left"):
                callback.on_fit_left()


def keeps_states(callbacks: Any) -> bool:
    """Whether a callback keeps a training's state, from which `fit` may go on."""
    return any(map(_hears_last, _as_list(callbacks)))


def _hears_last(callback: Any) -> bool:
    return getattr(callback, "hears_last", False)


def _as_list(callbacks: Any) -> list[Any]:
    """What `fit` takes as `callbacks`."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks.callbacks
    return list(keras.tree.flatten(callbacks)) if callbacks else []


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
    modes = {metric.name: _MODES.get(getattr(metric, "_direction", "")) for metric in metrics}
    for callback in callbacks:
        if getattr(callback, "mode", None) == "auto":
            name = str(getattr(callback, "monitor", "")).removeprefix("val_")
            callback.mode = modes.get(name) or "auto"
