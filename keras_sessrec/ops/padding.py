"""Rows of different lengths as one rectangle, and how large one may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

# Scores in memory at a time, 16 MB of float32. More is slower: from 32 MB on, the C library takes
# and returns the memory of every intermediate array page by page.
SCORES_AT_ONCE = 2**22
# Events read at a time, padding included: their 3 x 100 gates are 300 MB of float32.
EVENTS_AT_ONCE = 2**18


def padded(values: np.ndarray, begins: np.ndarray, lengths: np.ndarray, width: int) -> np.ndarray:
    """Makes a rectangle of stretches of an array, each at the left of a row, 0 after it.

    Args:
        values: int `[n]`.
        begins: int `[rows]`, where each stretch begins in `values`.
        lengths: int `[rows]`, at most `width` each.
        width: int.

    Returns:
        int32 `[rows, width]`.

    Example:

    >>> padded(np.array([7, 8, 9]), np.array([0, 1]), np.array([1, 2]), width=2).tolist()
    [[7, 0], [8, 9]]
    """
    steps = np.arange(width)
    inside = steps < np.asarray(lengths)[:, None]
    places = np.where(inside, np.asarray(begins)[:, None] + steps, 0)
    return np.where(inside, values[places], 0).astype(np.int32)


def padded_rows(rows: Sequence[np.ndarray], width: int | None = None) -> np.ndarray:
    """Makes a rectangle int32 `[rows, width]` of lists of items, 0 after a row's end.

    The width is by default that of the longest row, at least 1.

    Example:

    >>> padded_rows([[7], [8, 9]]).tolist()
    [[7, 0], [8, 9]]
    """
    lengths = np.array([len(row) for row in rows], np.int64)
    width = max(1, int(lengths.max(initial=0))) if width is None else width
    values = np.concatenate([np.zeros(1, np.int64), *(np.asarray(row, np.int64) for row in rows)])
    return padded(values, 1 + np.cumsum(lengths) - lengths, lengths, width)


def chunks_by_length(lengths: np.ndarray, most_rows: int) -> Iterator[np.ndarray]:
    """Yields places of rows of similar length, the longest first, as many as memory bears.

    A chunk has at most `most_rows`, fewer where they are very long.

    Example:

    >>> [rows.tolist() for rows in chunks_by_length(np.array([1, 5, 2]), most_rows=2)]
    [[1, 2], [0]]
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    done = 0
    while done < len(order):
        longest = max(1, int(lengths[order[done]]))
        rows = order[done : done + max(1, min(most_rows, EVENTS_AT_ONCE // longest))]
        done += len(rows)
        yield rows
