"""Stops a training whose loss is no longer a number (TensorFlow only)."""

from __future__ import annotations

import tensorflow as tf


class FiniteLossGuard:
    """Remembers, inside a compiled program, the first step whose loss is not finite.

    A compiled program cannot raise; it notes the step in a variable, and `check` raises
    after the block.

    Example:

    >>> import tensorflow as tf
    >>> guard = FiniteLossGuard()
    >>> guard.note(tf.constant(0.5), step=0)
    >>> guard.note(tf.constant(float("nan")), step=1)
    >>> try:
    ...     guard.check()
    ... except FloatingPointError as error:
    ...     print(str(error)[:36])
    The loss is not finite at step 1 (co
    """

    def __init__(self) -> None:
        self._failed_at = tf.Variable(-1, dtype=tf.int64, trainable=False)

    def note(self, loss: tf.Tensor, step: tf.Tensor | int) -> None:
        """Notes a step.

        Args:
            loss: float scalar.
            step: int scalar, what to call the step.
        """
        first = tf.logical_and(tf.logical_not(tf.math.is_finite(loss)), self._failed_at < 0)
        self._failed_at.assign(tf.where(first, tf.cast(step, tf.int64), self._failed_at))

    def check(self) -> None:
        """Raises if a step has failed since the last check.

        Raises:
            FloatingPointError: Names the first step whose loss was not finite.
        """
        step = int(self._failed_at)
        if step >= 0:
            self._failed_at.assign(-1)
            raise FloatingPointError(
                f"The loss is not finite at step {step} (counted by the optimizer from 0). "
                "Lower the learning rate or the momentum and start again from a checkpoint: "
                "the weights are lost."
            )
