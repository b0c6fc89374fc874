"""Lists of different lengths in flat arrays: training sessions, and the prefixes to score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of integers of different lengths, one after another in one array.

    Args:
        values: int64 `[entries]`, the rows one after another.
        offsets: int64 `[rows + 1]`; row `r` is `values[offsets[r]:offsets[r + 1]]`.

    Example:

    >>> rows = Ragged(np.array([7, 8, 9]), np.array([0, 2, 3]))
    >>> rows.owners
    array([0, 0, 1])
    """

    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """int64 `[rows]`, entries per row."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> np.ndarray:
        """int64 `[entries]`, row of each entry."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def last(self) -> np.ndarray:
        """int64 `[rows]`, last entry of each row, none of which may be empty."""
        return self.values[self.offsets[1:] - 1]

    def slice(self, start: int, stop: int) -> Ragged:
        """Makes the rows `start` to `stop - 1` without copying their values."""
        offsets = self.offsets[start : stop + 1]
        return Ragged(self.values[offsets[0] : offsets[-1]], offsets - offsets[0])

    def places(self, num_values: int, max_length: int | None = None) -> sparse.csr_array:
        """Makes int64 `[rows, num_values]` with the place, from 1, of a value's last occurrence.

        Of a row of more than `max_length` entries the last `max_length` count.
        """
        owners = self.owners
        places = np.arange(len(owners)) - self.offsets[owners] + 1
        order = np.argsort(owners * num_values + self.values, kind="stable")
        owners, values, places = owners[order], self.values[order], places[order]
        is_last = np.append((np.diff(owners) != 0) | (np.diff(values) != 0), True)[: len(owners)]
        if max_length is not None:
            is_last &= self.lengths[owners] - places < max_length
        cells = (owners[is_last], values[is_last])
        return sparse.csr_array((places[is_last], cells), (len(self), num_values))

    def sets(self, num_values: int, max_length: int) -> sparse.csr_array:
        """Makes `[rows, num_values]` with 1 for a value among the last `max_length` of its row."""
        matrix = self.places(num_values, max_length)
        matrix.data[:] = 1
        return matrix


def rank_in_group(groups: np.ndarray) -> np.ndarray:
    """Numbers the members of each group from 0; equal values of int `[n]` stand side by side."""
    places = np.arange(len(groups))
    is_first = np.diff(groups, prepend=-1) != 0
    return places - np.maximum.accumulate(np.where(is_first, places, 0))


def blocks(costs: np.ndarray, limit: int) -> Iterator[tuple[int, int]]:
    """Yields `(start, stop)` of pieces of a range; each costs less than `limit` plus its first."""
    if not len(costs):
        return
    pieces = np.cumsum(costs) // limit
    starts = np.concatenate([[0], np.flatnonzero(np.diff(pieces)) + 1, [len(costs)]])
    yield from zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
