"""A random order of many numbers that is never written down."""

from __future__ import annotations

import numpy as np

_ROUNDS = 6


def shuffled_range(begin: int, end: int, size: int, seed: int | tuple[int, ...]) -> np.ndarray:
    """Returns places `begin` to `end` of a random order of 0..size - 1.

    A permutation of tens of millions of training sequences would be the largest array of
    an epoch; here every place is computed. A Feistel network of six rounds permutes the
    numbers of twice as many bits as each half has; results outside the range are permuted
    again, which leaves a permutation of the range (cycle walking; Black and Rogaway,
    CT-RSA 2002).

    Args:
        begin: int, first place.
        end: int, place after the last one, at most `size`.
        size: int, how many numbers there are.
        seed: int or tuple of int, chooses the order.

    Returns:
        int64 `[end - begin]`, numbers in 0..size - 1, all different.

    Example:

    >>> sorted(shuffled_range(0, 5, size=5, seed=1).tolist())
    [0, 1, 2, 3, 4]
    """
    keys = np.random.default_rng(seed).integers(2**63, size=_ROUNDS, dtype=np.uint64)
    half_bits = np.uint64((max(size - 1, 1).bit_length() + 1) // 2)
    numbers = np.arange(begin, end, dtype=np.uint64)
    outside = np.ones(len(numbers), bool)
    while outside.any():
        numbers[outside] = _permuted(numbers[outside], keys, half_bits)
        outside = numbers >= size
    return numbers.astype(np.int64)


def _permuted(numbers: np.ndarray, keys: np.ndarray, half_bits: np.uint64) -> np.ndarray:
    """One pass through the network."""
    mask = np.uint64((1 << int(half_bits)) - 1)
    left, right = numbers >> half_bits, numbers & mask
    for key in keys:
        # The mixing steps of splitmix64; unsigned products wrap.
        mixed = (right + key) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        left, right = right, left ^ ((mixed >> np.uint64(31)) & mask)
    return (left << half_bits) | right
