"""Lists of different lengths in flat arrays: the sparse structure of all baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of integers of different lengths, one after another in one array (CSR).

    Training sessions, the prefixes to score, an inverted index and the neighbours
    of each item all have this form.

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

    @classmethod
    def from_owners(cls, values: np.ndarray, owners: np.ndarray, num_rows: int) -> Ragged:
        """Makes rows of entries that are already sorted by `owners`, the row of each."""
        lengths = np.bincount(owners, minlength=num_rows)
        return cls(values, np.concatenate([[0], np.cumsum(lengths)]))

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

    def spans(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Finds the entries of `rows`, which may repeat.

        Args:
            rows: int `[n]`.

        Returns:
            int64 positions in `values`, row after row, and for each of them the
            place in `rows` it belongs to.
        """
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        owners = np.repeat(np.arange(len(lengths)), lengths)
        shifts = starts - np.cumsum(lengths) + lengths
        return np.arange(len(owners)) + shifts[owners], owners

    def select(self, rows: np.ndarray) -> Ragged:
        """Makes the lists of `rows`, in that order."""
        positions, _ = self.spans(rows)
        offsets = np.concatenate([[0], np.cumsum(self.lengths[rows])])
        return Ragged(self.values[positions], offsets)

    def slice(self, start: int, stop: int) -> Ragged:
        """Makes the rows `start` to `stop - 1` without copying their values."""
        offsets = self.offsets[start : stop + 1]
        return Ragged(self.values[offsets[0] : offsets[-1]], offsets - offsets[0])

    def invert(self, num_values: int) -> Ragged:
        """Makes for each value 0..`num_values - 1` the ascending list of rows that hold it."""
        order = np.argsort(self.values, kind="stable")
        return Ragged.from_owners(self.owners[order], self.values[order], num_values)

    def distinct(self, num_values: int, max_length: int) -> Ragged:
        """Makes the sorted distinct values among the last `max_length` entries of each row."""
        owners = self.owners
        recent = self.offsets[owners + 1] - np.arange(len(owners)) <= max_length
        keys = np.unique(owners[recent] * num_values + self.values[recent])
        owners, values = np.divmod(keys, num_values)
        return Ragged.from_owners(values, owners, len(self))


def rank_in_group(groups: np.ndarray) -> np.ndarray:
    """Numbers the members of each group from 0.

    Args:
        groups: int `[n]`, equal values side by side.

    Returns:
        int64 `[n]`, how many members of its group stand before each entry.
    """
    places = np.arange(len(groups))
    is_first = np.diff(groups, prepend=-1) != 0
    return places - np.maximum.accumulate(np.where(is_first, places, 0))


def blocks(costs: np.ndarray, limit: int) -> Iterator[tuple[int, int]]:
    """Cuts a range into pieces of bounded cost.

    Args:
        costs: `[n]` non-negative costs of the places 0..n-1.
        limit: Positive. A piece costs less than this plus its first place.

    Yields:
        `(start, stop)` of each piece.
    """
    if not len(costs):
        return
    pieces = np.cumsum(costs) // limit
    starts = np.concatenate([[0], np.flatnonzero(np.diff(pieces)) + 1, [len(costs)]])
    yield from zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
