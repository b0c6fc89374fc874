"""A replica's slice of the lanes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class LaneShard:
    """The lanes of one replica of several: consecutive ones, as many in each.

    Where the lanes cannot be divided, the last replicas have lanes that stay idle.

    Args:
        index: int, the replica, from 0.
        count: int, number of replicas.

    Example:

    >>> shard = LaneShard(index=1, count=2)
    >>> part = shard.part(keras.ops.array([1, 2, 3]))
    >>> part.numpy().tolist(), shard.spread(part, 3).numpy().tolist()
    ([3, 0], [0, 0, 3])
    """

    def __init__(self, index: int, count: int) -> None:
        self.index, self.count = index, count

    def size(self, lanes: int) -> int:
        """Returns how many of the lanes, idle ones included, a replica has."""
        return -(-lanes // self.count)

    def part(self, values: Any, per_lane: int = 1) -> tf.Tensor:
        """Returns what this replica has of something.

        Args:
            values: Tensor `[lanes * per_lane, ...]` of a known number of rows.
            per_lane: int, rows of a lane. Defaults to 1.

        Returns:
            Tensor `[size * per_lane, ...]`, zero for lanes that are none.
        """
        values = tf.convert_to_tensor(values)
        size = self.size(values.shape[0] // per_lane) * per_lane
        values = _pad(values, 0, self.count * size - values.shape[0])
        return values[self.index * size : (self.index + 1) * size]

    def spread(self, part: Any, rows: int | None = None) -> tf.Tensor:
        """Lays a part at its place among zeros, so that a sum over the replicas is the whole.

        Args:
            part: Tensor `[size, ...]`.
            rows: int, rows of the whole. Defaults to all replicas' parts.

        Returns:
            Tensor `[rows, ...]`.
        """
        size = part.shape[0]
        return _pad(part, self.index * size, (self.count - 1 - self.index) * size)[:rows]


def _pad(values: tf.Tensor, before: int, after: int) -> tf.Tensor:
    if not before and not after:
        return values
    return tf.pad(values, [[before, after]] + [[0, 0]] * (len(values.shape) - 1))
