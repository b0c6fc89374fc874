"""Random numbers for the inside of a compiled training program."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import keras
from keras import ops

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def random_bits(shape: Sequence[int], seed: keras.random.SeedGenerator) -> Any:
    """Draws uint32 of the given shape by Threefry-2x32 (Salmon et al., SC 2011).

    A counter-based generator of additions, rotations and exclusive ors, 20 rounds; the seed's
    state is the key, which a draw advances. It is here because Keras' own generator takes about a
    millisecond for 2,048 numbers inside an XLA program on a CPU, several times a whole training
    step, and TensorFlow's fast one exists in XLA only; this one takes microseconds and gives the
    same numbers everywhere (`benchmarks/random_speed.py`).
    """
    shape = tuple(shape)
    half = (prod(shape) + 1) // 2
    key = ops.cast(seed.next(), "uint32")
    keys = (key[0], key[1], key[0] ^ key[1] ^ ops.cast(0x1BD11BDA, "uint32"))
    counter = ops.cast(ops.arange(2 * half, dtype="int32"), "uint32")
    left, right = counter[:half] + keys[0], counter[half:] + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            left = left + right
            right = ops.bitwise_or(
                ops.left_shift(right, ops.cast(rotation, "uint32")),
                ops.right_shift(right, ops.cast(32 - rotation, "uint32")),
            )
            right = ops.bitwise_xor(left, right)
        left = left + keys[(group + 1) % 3]
        right = right + keys[(group + 2) % 3] + ops.cast(group + 1, "uint32")
    bits = ops.concatenate([left, right])[: prod(shape)]
    return ops.reshape(bits, shape)


def random_uniform(shape: Sequence[int], seed: keras.random.SeedGenerator) -> Any:
    """Draws float32 of the given shape from the 2^24 equally spaced numbers in [0, 1).

    Example:

    >>> draws = random_uniform((1000,), keras.random.SeedGenerator(1))
    >>> 0.45 < float(keras.ops.mean(draws)) < 0.55
    True
    """
    bits = ops.right_shift(random_bits(shape, seed), ops.cast(8, "uint32"))
    return ops.cast(ops.cast(bits, "int32"), "float32") * 2.0**-24


def random_integers(shape: Sequence[int], high: int, seed: keras.random.SeedGenerator) -> Any:
    """Draws int32 from 0..high - 1, equally likely up to one part in 2^32 / high."""
    return ops.cast(ops.mod(random_bits(shape, seed), ops.cast(high, "uint32")), "int32")


def dropout_mask(
    shape: Sequence[int], rate: float, seed: keras.random.SeedGenerator, dtype: str
) -> Any:
    """Draws an inverted-dropout mask: 0 with probability `rate`, else 1 / (1 - rate)."""
    keep = random_uniform(shape, seed) >= rate
    return ops.where(keep, ops.cast(1 / (1 - rate), dtype), ops.cast(0, dtype))
