"""Batch normalisation for batches that hold rows without an event."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_sessrec")
class MaskedBatchNormalization(keras.layers.Layer):
    """Normalises every column by the mean and variance of the rows that count.

    Ioffe and Szegedy (ICML 2015), with g and b trained:

        y = g (x - mean) / sqrt(variance + epsilon) + b

    In training these are the batch's own numbers, over its live rows; otherwise their
    moving averages. It differs from `keras.layers.BatchNormalization(mask=)` in the moving
    averages: a batch moves them in proportion to its share of live rows. At the end of an
    epoch of session-parallel mini-batches a last long session is alone for a while; one
    row has variance 0, and with equal weights such batches would wipe out what the full
    ones have measured.

    Args:
        momentum: float in [0, 1), what a batch of live rows leaves of the moving averages.
            Defaults to 0.99.
        epsilon: float, added to the variance. Defaults to 1e-3.

    Call arguments:
        inputs: float `[rows, dim]`.
        live: bool or float `[rows]`, false for rows to leave out of mean and variance, or
            `None` (default) for all rows. Matters in training only.
        training: bool.

    Returns:
        Float `[rows, dim]`. Rows that are not live are normalised like the others.

    Raises:
        ValueError: `momentum` is out of range, or `epsilon` is not positive.

    Example:

    >>> layer = MaskedBatchNormalization(epsilon=1e-9)
    >>> rows = keras.ops.array([[1.0], [3.0], [100.0]])
    >>> layer(rows, keras.ops.array([True, True, False]), training=True)[:2].numpy().tolist()
    [[-1.0], [1.0]]
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= momentum < 1:
            raise ValueError(f"`momentum` must be in [0, 1). Received: momentum={momentum}.")
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}.")
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)

    def build(self, input_shape: Any, *_: Any) -> None:
        shape = (input_shape[-1],)
        self.scale = self.add_weight(shape=shape, initializer="ones", autocast=False, name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", autocast=False, name="shift")
        fixed = {"shape": shape, "trainable": False, "autocast": False}
        self.moving_mean = self.add_weight(initializer="zeros", name="moving_mean", **fixed)
        self.moving_variance = self.add_weight(initializer="ones", name="moving_variance", **fixed)

    def call(self, inputs: Any, live: Any = None, training: bool = False) -> Any:
        rows = ops.cast(inputs, "float32")
        mean, variance = self.moving_mean, self.moving_variance
        if training:
            weights = ops.ones_like(rows[:, :1])
            if live is not None:
                weights = weights * ops.cast(live, "float32")[:, None]
            count = ops.sum(weights)
            mean = ops.sum(weights * rows, axis=0) / ops.maximum(count, 1.0)
            variance = ops.sum(weights * ops.square(rows - mean), axis=0) / ops.maximum(count, 1.0)
            self._follow(mean, variance, share=count / ops.sum(ops.ones_like(weights)))
        factor = self.scale * ops.rsqrt(variance + self.epsilon)
        return ops.cast((rows - mean) * factor + self.shift, self.compute_dtype)

    def _follow(self, mean: Any, variance: Any, share: Any) -> None:
        """Moves the averages towards those of a batch with a share of live rows."""
        step = (1 - self.momentum) * share
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average + step * (ops.stop_gradient(value) - average))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}
