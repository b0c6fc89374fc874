"""A random order of many numbers that is never written down."""

from __future__ import annotations

import numpy as np

_ROUNDS = 6


def shuffled_range(begin: int, end: int, size: int, seed: int | tuple[int, ...]) -> np.ndarray:
    """Returns places `begin` to `end` of a random order of 0..size - 1.

    A permutation of tens of millions of training sequences would be the largest array of
    an epoch; here every place is computed. A Feistel network of six rounds permutes the
    numbers of as many bits as there are (its halves differ by one bit where these are odd);
    results outside the range are permuted again, which leaves a permutation of the range (cycle
    walking; Black and Rogaway, CT-RSA 2002).

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
    bits = max(size - 1, 1).bit_length()
    numbers = _permuted(np.arange(begin, end, dtype=np.uint64), keys, bits)
    outside = np.flatnonzero(numbers >= size)
    while len(outside):
        again = _permuted(numbers[outside], keys, bits)
        numbers[outside] = again
        outside = outside[again >= size]
    return numbers.astype(np.int64)


def _permuted(numbers: np.ndarray, keys: np.ndarray, bits: int) -> np.ndarray:
    """One pass through the network."""
    left_bits, right_bits = np.uint64(bits // 2), np.uint64(bits - bits // 2)
    left, right = numbers >> right_bits, numbers & _ones(right_bits)
    for key in keys:
        # The mixing steps of splitmix64; unsigned products wrap.
        mixed = right + key
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        left, right = right, left ^ (mixed & _ones(left_bits))
        left_bits, right_bits = right_bits, left_bits
    return (left << right_bits) | right


def _ones(bits: np.uint64) -> np.uint64:
    return (np.uint64(1) << bits) - np.uint64(1)
