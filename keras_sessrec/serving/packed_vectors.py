"""Vectors of 12 bits a number: 8 to screen with, 4 more to rank with."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

_LEVELS = 16  # steps that 4 bits divide a step of the 8 bits into
_AT_ONCE = 65_536  # vectors that are packed at a time
_SCREENED_AT_ONCE = 2**18  # numbers, 1 MB of float32
_SIGN = 128  # what makes an int8 a uint8


class PackedVectors(tf.Module):
    """Holds vectors in groups of one size; a group is one piece of memory.

    A vector's numbers are whole numbers from -127 to 127, and sixteenths of them, times a float32
    of its own. The whole numbers of the first coordinates lie apart, in the order in which
    groups are screened; all else is read for the few vectors that are ranked.

    Args:
        vectors: float32 `[groups * size, dim]`.
        size: int, vectors in a group.
        screened: int in 1..dim, coordinates that are screened.

    Attributes:
        num_fine: int, bytes that hold the last 4 bits of two numbers each.
        error: float, the largest error of a number, as a share of its vector's largest.

    Example:

    >>> packed = PackedVectors(np.array([[1.0, -0.5], [0.25, 0.5]], "float32"), 2, screened=1)
    >>> packed.vectors(tf.constant([1, 0])).numpy().round(2).tolist()
    [[0.25, 0.5], [1.0, -0.5]]
    >>> packed.screen(tf.constant([2.0]), tf.constant([0])).numpy().round(1).tolist()
    [[2.0, 0.5]]
    """

    error = 1 / (127 * 2 * _LEVELS)

    def __init__(self, vectors: np.ndarray, size: int, screened: int) -> None:
        super().__init__()
        count, dim = vectors.shape
        self.dim, self.screened = dim, screened
        self.num_fine = count * ((dim + 1) // 2)
        scales = np.maximum(abs(vectors).max(axis=1), 1e-30) / 127
        first = np.empty((count, screened), np.int8)
        rest = np.empty((count, dim - screened + (dim + 1) // 2), np.uint8)
        for begin in range(0, count, _AT_ONCE):
            part = slice(begin, begin + _AT_ONCE)
            numbers = vectors[part] / scales[part, None]
            whole = np.round(numbers)
            fine = np.clip(np.floor((numbers - whole + 0.5) * _LEVELS), 0, _LEVELS - 1)
            fine = np.pad(fine, ((0, 0), (0, dim % 2))).astype(np.uint8)
            upper, lower = np.split(fine, 2, axis=1)
            first[part] = whole[:, :screened]
            rest[part, : dim - screened] = whole[:, screened:] + _SIGN
            rest[part, dim - screened :] = upper * _LEVELS + lower
        groups = count // size
        self._at_once = max(1, _SCREENED_AT_ONCE // (size * screened))
        self._first = _variable(first.reshape(groups, size, screened), "first_bits")
        self._rest = _variable(rest, "rest_bits")
        self._scales = _variable(scales.reshape(groups, size), "scales")

    def screen(self, query: tf.Tensor, groups: tf.Tensor) -> tf.Tensor:
        """Multiplies all vectors of some groups, roughly.

        Args:
            query: float32 `[screened]`.
            groups: int32 `[G]`, their number static.

        Returns:
            float32 `[G, size]`.
        """
        # `value()`: after one gather of a variable itself, TensorFlow copies it at every read.
        first, column = self._first.value(), query[:, None]
        products = []
        # A part at a time: its float32 numbers stay in the cache.
        for begin in range(0, groups.shape[0], self._at_once):
            chosen = tf.gather(first, groups[begin : begin + self._at_once])
            rows = tf.reshape(tf.cast(chosen, tf.float32), [-1, self.screened])
            products.append(tf.matmul(rows, column))
        scales = tf.gather(self._scales.value(), groups)
        return tf.reshape(tf.concat(products, axis=0), tf.shape(scales)) * scales

    def vectors(self, places: tf.Tensor) -> tf.Tensor:
        """Unpacks vectors.

        Args:
            places: int32 `[...]`.

        Returns:
            float32 `[..., dim]`.
        """
        first = tf.gather(tf.reshape(self._first, [-1, self.screened]), places)
        whole, fine = tf.split(
            tf.gather(self._rest.value(), places),
            [self.dim - self.screened, (self.dim + 1) // 2],
            axis=-1,
        )
        halves = [tf.bitwise.right_shift(fine, np.uint8(4)), tf.bitwise.bitwise_and(fine, 15)]
        fine = tf.concat(halves, axis=-1)[..., : self.dim]
        numbers = tf.concat(
            [tf.cast(first, tf.float32), tf.cast(whole, tf.float32) - _SIGN], axis=-1
        )
        numbers += (tf.cast(fine, tf.float32) + (0.5 - _LEVELS / 2)) / _LEVELS
        return numbers * tf.gather(tf.reshape(self._scales, [-1]), places)[..., None]


def _variable(values: np.ndarray, name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, name=name)
