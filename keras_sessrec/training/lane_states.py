"""The recurrent state of every lane between two mini-batches (TensorFlow only)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf


class LaneStates:
    """Holds what session-parallel training carries from one mini-batch to the next.

    Plain variables, apart from the model's weights: an epoch begins with every lane
    starting a session, so a saved model needs none of them, and evaluation has a set of its
    own, so it cannot touch those of training. Who goes on in the middle of an epoch reads
    them with `values` and writes them back.

    Args:
        initial_states: Callable that maps a number of lanes to the list of states of
            sessions without events.

    Example:

    >>> import tensorflow as tf
    >>> lanes = LaneStates(lambda rows: [tf.zeros((rows, 3))])
    >>> lanes.write("train", [tf.ones((2, 3))])
    >>> lanes.read("train", tf.constant([True, False]))[0].numpy().tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """

    def __init__(self, initial_states: Callable[[int], list[Any]]) -> None:
        self._initial_states = initial_states
        self._variables: dict[tuple[str, int], list[tf.Variable]] = {}
        self._lanes: dict[str, int] = {}  # of the latest data

    def prepare(self, mode: str, lanes: int) -> None:
        """Creates the variables; a function that is traced a second time cannot.

        Args:
            mode: `"train"` or `"test"`.
            lanes: int.
        """
        self._of(mode, lanes)

    def read(self, mode: str, is_start: tf.Tensor) -> list[tf.Tensor]:
        """Returns the states, those of lanes that start a session reset.

        Args:
            mode: `"train"` or `"test"`; each has states of its own.
            is_start: bool `[lanes]`.

        Returns:
            List of tensors `[lanes, ...]`.
        """
        lanes = is_start.shape[0]
        fresh = self._initial_states(lanes)
        states = []
        for old, new in zip(self._of(mode, lanes), fresh, strict=True):
            reset = tf.reshape(is_start, [-1] + [1] * (len(new.shape) - 1))
            states.append(tf.where(reset, new, tf.cast(old, new.dtype)))
        return states

    def write(self, mode: str, states: list[tf.Tensor]) -> None:
        """Keeps the states for the next mini-batch.

        Args:
            mode: `"train"` or `"test"`.
            states: List of tensors `[lanes, ...]`.
        """
        if not states:
            return
        for variable, state in zip(self._of(mode, states[0].shape[0]), states, strict=True):
            variable.assign(tf.cast(state, variable.dtype))

    def variables(self, mode: str) -> list[tf.Variable]:
        """Returns where the states of the latest data's lanes are; none if there was none yet."""
        return self._variables[mode, self._lanes[mode]] if mode in self._lanes else []

    def values(self, mode: str) -> list[np.ndarray] | None:
        """Returns what is carried to the next mini-batch, before any lane is reset.

        Args:
            mode: `"train"` or `"test"`.

        Returns:
            List of arrays `[lanes, ...]`, float32 or int64, for the lanes of the latest data,
            or `None` if there was none yet.
        """
        if mode not in self._lanes:
            return None
        variables = self.variables(mode)
        plain = [v if v.dtype.is_integer else tf.cast(v, "float32") for v in variables]
        return [values.numpy() for values in plain]

    def _of(self, mode: str, lanes: int) -> list[tf.Variable]:
        self._lanes[mode] = lanes
        if (mode, lanes) not in self._variables:
            # Reached while a training function is traced: lift the variables out of it.
            with tf.init_scope():
                self._variables[mode, lanes] = [
                    # int64, since TensorFlow keeps int32 variables on a GPU's host.
                    tf.Variable(tf.cast(s, tf.int64) if s.dtype.is_integer else s, trainable=False)
                    for s in self._initial_states(lanes)
                ]
        return self._variables[mode, lanes]


def num_lanes(dataset: Any) -> int | None:
    """Number of lanes of session-parallel data; `None` for data that carries no state."""
    spec = getattr(dataset, "element_spec", None)
    x = spec[0] if isinstance(spec, tuple) else None
    return x["is_start"].shape[0] if isinstance(x, dict) and "is_start" in x else None
