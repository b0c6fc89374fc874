"""Random numbers for the inside of a compiled training program."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from math import prod
from typing import Any

import keras
from keras import ops

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_slice: ContextVar[tuple[int, int, Callable[[Any], Any]] | None] = ContextVar("slice", default=None)


@contextlib.contextmanager
def sliced_draws(rows: int, of: int, part: Callable[[Any], Any]) -> Iterator[None]:
    """Makes what is drawn for some rows what they get where it is drawn for all rows at once.

    So replicas that train a slice of the lanes each drop what one device would drop.

    Args:
        rows: int, number of rows in the slice; draws of another first dimension stay as they are.
        of: int, number of all rows.
        part: Callable that maps `[of, ...]` to the slice, `[rows, ...]`.

    Example:

    >>> whole = random_uniform((4, 2), keras.random.SeedGenerator(1))
    >>> with sliced_draws(2, of=4, part=lambda drawn: drawn[2:]):
    ...     part = random_uniform((2, 2), keras.random.SeedGenerator(1))
    >>> bool(keras.ops.all(part == whole[2:]))
    True
    """
    token = _slice.set((rows, of, part))
    try:
        yield
    finally:
        _slice.reset(token)


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
    counter = ops.cast(ops.arange(2 * half, dtype="int32"), "uint32")
    bits = ops.concatenate(_threefry(counter[:half], counter[half:], seed))[: prod(shape)]
    return ops.reshape(bits, shape)


def _threefry(left: Any, right: Any, seed: keras.random.SeedGenerator) -> tuple[Any, Any]:
    """Makes two random words uint32 of each two counters uint32, by the seed's next key."""
    key = ops.cast(seed.next(), "uint32")
    keys = (key[0], key[1], key[0] ^ key[1] ^ ops.cast(0x1BD11BDA, "uint32"))
    left, right = left + keys[0], right + keys[1]
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
    return left, right


def random_uniform(shape: Sequence[int], seed: keras.random.SeedGenerator) -> Any:
    """Draws float32 of the given shape from the 2^24 equally spaced numbers in [0, 1).

    Example:

    >>> draws = random_uniform((1000,), keras.random.SeedGenerator(1))
    >>> 0.45 < float(keras.ops.mean(draws)) < 0.55
    True
    """
    shape = tuple(shape)
    found = _slice.get()
    if found is None or shape[0] != found[0]:
        return _uniform(random_bits(shape, seed))
    _, of, part = found
    return part(_uniform(random_bits((of, *shape[1:]), seed)))


def random_uniform_of(values: Any, seed: keras.random.SeedGenerator) -> Any:
    """Draws one number of [0, 1) for every distinct value: a random table, looked up unmade.

    The values are the counters, so that equal ones get equal numbers within a draw, and the next
    draw, whose key is another, gives them others.

    Args:
        values: int of any shape, 0 or greater.
        seed: `SeedGenerator`.

    Returns:
        float32 of the shape of `values`.

    Example:

    >>> first, second, third = random_uniform_of(
    ...     keras.ops.array([7, 5, 7]), keras.random.SeedGenerator(1)
    ... )
    >>> bool(first == third), bool(first == second)
    (True, False)
    """
    counter = ops.cast(values, "uint32")
    return _uniform(_threefry(counter, ops.zeros_like(counter), seed)[0])


def _uniform(bits: Any) -> Any:
    """The first 24 of 32 bits as float32 in [0, 1)."""
    bits = ops.right_shift(bits, ops.cast(8, "uint32"))
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
