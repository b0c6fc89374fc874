"""Sums the gradients of rows that were read several times (TensorFlow only)."""

from __future__ import annotations

import tensorflow as tf


def sum_duplicates(
    slices: tf.IndexedSlices, first_seen: tf.Variable
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives every occurrence of a row the sum over all its occurrences.

    `tf.unique` has no XLA kernel and sorting costs a quarter of a step's speed, so the
    occurrences of a row find each other through a scratch table: all of them write
    their position at the row's place, one wins, and all read the winner's position.
    The cost is that of the occurrences, whatever the table's height.

    Args:
        slices: `tf.IndexedSlices` with n occurrences.
        first_seen: int64 `tf.Variable`, at least as tall as the sliced table. Its
            content before and after does not matter.

    Returns:
        Tuple of the n row numbers and the n summed gradients, equal where rows are.
    """
    rows = tf.convert_to_tensor(slices.indices)
    values = tf.convert_to_tensor(slices.values)
    count = tf.shape(rows, out_type=tf.int64)[0]
    first_seen.scatter_update(tf.IndexedSlices(tf.range(count), rows))
    winner = tf.gather(first_seen, rows)
    total = tf.math.unsorted_segment_sum(values, winner, count)
    return rows, tf.gather(total, winner)
