"""Walker's alias method: draws from any discrete distribution in constant time."""

from __future__ import annotations

import numpy as np


def alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Builds the two tables of the alias method (Walker 1977) with whole arrays.

    To draw: take a place at random; keep it with probability `keep[place]`, else take
    `alias[place]`. Scale the weights to mean 1. Each light place (below 1) lacks
    `1 - w` and borrows it from a heavy one (above 1), which has `w - 1` to give. Lay
    the lacks end to end, and under them the surpluses: a light place borrows from the
    heavy one that lies under its left end, and a heavy place that gave too much borrows
    the excess from the next heavy one.

    Args:
        weights: float `[N]`, positive, need not add up to 1.

    Returns:
        Tuple of float32 `[N]` in [0, 1] and int32 `[N]` in 0..N-1.

    Example:

    >>> keep, alias = alias_table(np.array([3.0, 1.0]))
    >>> keep.tolist(), alias.tolist()
    ([1.0, 0.5], [0, 0])
    """
    weights = np.asarray(weights, np.float64)
    share = weights * (len(weights) / weights.sum())
    keep = np.ones(len(share))
    alias = np.arange(len(share))
    light, heavy = np.flatnonzero(share < 1), np.flatnonzero(share >= 1)
    if len(light) and len(heavy):
        lack = np.cumsum(1 - share[light])
        left_end = np.concatenate([[0.0], lack[:-1]])
        surplus = np.cumsum(share[heavy] - 1)
        last = len(heavy) - 1
        keep[light] = share[light]
        giver = np.searchsorted(surplus, left_end, side="right")
        alias[light] = heavy[np.minimum(giver, last)]
        served = np.searchsorted(left_end, surplus, side="left")
        given = np.concatenate([[0.0], lack])[served]
        keep[heavy[:-1]] = 1 - np.maximum(given - surplus, 0.0)[:-1]
        alias[heavy[:-1]] = heavy[1:]
    return keep.astype(np.float32), alias.astype(np.int32)
