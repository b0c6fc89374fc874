"""A loop over time steps (TensorFlow only)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

States = tuple[Any, ...]


def scan(
    step: Callable[[States, list[Any]], States], states: States, inputs: Sequence[Any]
) -> tuple[States, States]:
    """Carries states `[rows, ...]` through a step for each of the inputs `[rows, steps, ...]`.

    As `keras.ops.scan`, whose loop has no bound: XLA cannot differentiate it outside
    another loop. A loop compiles in the same time whatever the number of steps; unrolled, 19
    steps took four times as long to compile and twice as long to run on a CPU.

    Returns:
        Tuple of the last states and all states `[rows, steps, ...]`.

    Example:

    >>> import tensorflow as tf
    >>> last, every = scan(lambda s, x: (s[0] + x[0],), (tf.zeros(1),), [tf.constant([[1.0, 2.0]])])
    >>> last[0].numpy().tolist(), every[0].numpy().tolist()
    ([3.0], [[1.0, 3.0]])
    """
    by_time = [tf.experimental.numpy.swapaxes(x, 0, 1) for x in inputs]
    steps = by_time[0].shape[0]
    number = tf.shape(by_time[0])[0] if steps is None else steps
    kept = tuple(tf.TensorArray(s.dtype, number, element_shape=s.shape) for s in states)

    def body(at: Any, states: States, kept: States) -> tuple[Any, States, States]:
        states = step(states, [x[at] for x in by_time])
        return at + 1, states, tuple(k.write(at, s) for k, s in zip(kept, states, strict=True))

    _, last, kept = tf.while_loop(
        lambda at, *_: at < number, body, (0, tuple(states), kept), maximum_iterations=steps
    )
    return last, tuple(tf.experimental.numpy.swapaxes(k.stack(), 0, 1) for k in kept)
