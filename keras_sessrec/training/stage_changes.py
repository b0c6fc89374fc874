"""Tells a model that an epoch begins."""

from __future__ import annotations

from typing import Any

import keras


class StageChanges(keras.callbacks.Callback):
    """Calls `begin_epoch(epoch)` of the model, which then trains what this epoch trains.

    A callback, since Keras asks for the training function once per `fit`, but reads it
    anew in every step.
    """

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.begin_epoch(epoch)


def with_callback(callbacks: Any, callback: keras.callbacks.Callback, model: keras.Model) -> Any:
    """Adds a callback to what `fit` takes for `callbacks`.

    Args:
        callbacks: `None`, a callback, a sequence of them or a `CallbackList`.
        callback: Callback to add.
        model: Model that is going to be trained.

    Returns:
        List of callbacks, or the same `CallbackList`.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callback.set_model(model)
        callbacks.callbacks.append(callback)
        return callbacks
    if isinstance(callbacks, keras.callbacks.Callback):
        callbacks = [callbacks]
    return [callback, *(callbacks or [])]
