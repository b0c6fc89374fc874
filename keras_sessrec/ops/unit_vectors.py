"""Vectors of length 1."""

from __future__ import annotations

from typing import Any

from keras import ops


def unit_vectors(vectors: Any) -> Any:
    """Divides vectors by their Euclidean lengths.

    Args:
        vectors: float `[..., dim]`, of any length; zeros stay zeros, with finite gradients.

    Returns:
        float32 of the same shape: the square of a half-precision number overflows early.

    Example:

    >>> unit_vectors(keras.ops.array([[0.0, 4.0], [0.0, 0.0]])).numpy().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    vectors = ops.cast(vectors, "float32")
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-12))
