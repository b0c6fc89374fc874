"""Which events each training sequence reads, and what it predicts."""

from __future__ import annotations

import hashlib

import numpy as np

from keras_sessrec.catalog import Catalog
from keras_sessrec.ops.padding import padded

FORMS = ("prefixes", "packed", "futures")


class PrefixRows:
    """All training sequences of a log, numbered, made when asked for.

    A session of n events has n - 1 pairs of a prefix and the next event. In the form
    `"prefixes"` each is a row of its own. In the form `"packed"` one row holds a session's
    first `max_length` pairs, whose prefixes begin at the session's first event, and
    each later pair, whose prefix is cut, is a row of its own: the same pairs exactly. In the
    form `"futures"` a row reads, for the same target, the events after it in reversed
    order, last event first (Tan et al. 2016, section 3.4); a session's last event has none.

    Args:
        items: int32 `[events]`, items 1..N of all sessions.
        offsets: int64 `[sessions + 1]`.
        form: `"prefixes"`, `"packed"` or `"futures"`.
        max_length: int, most events a row reads: the nearest to the target.

    Example:

    >>> rows = PrefixRows(np.array([7, 8, 9]), np.array([0, 3]), "prefixes", max_length=19)
    >>> rows.num_rows, [part.tolist() for part in rows.read(np.array([1]), width=3)]
    (2, [[[7, 8, 0]], [[9]]])
    """

    def __init__(self, items: np.ndarray, offsets: np.ndarray, form: str, max_length: int) -> None:
        self.form = form
        self.max_length = max_length
        self._items, self._offsets = items, offsets
        self.pairs = np.maximum(np.diff(offsets) - 1, 0)
        if form == "prefixes":
            per_session = self.pairs
        elif form == "packed":
            later = np.maximum(self.pairs - max_length, 0)
            per_session = np.where(self.pairs > 0, 1 + later, 0)
        else:
            per_session = np.maximum(self.pairs - 1, 0)
        self._first = np.concatenate([[0], np.cumsum(per_session)])
        self.num_rows = int(self._first[-1])
        self.num_pairs = int(self.pairs.sum() if form != "futures" else self.num_rows)

    def fingerprint(self, catalog: Catalog) -> str:
        """What rows of the same log and catalog have in common, and no others."""
        digest = hashlib.blake2b(catalog.fingerprint.encode(), digest_size=12)
        digest.update(np.ascontiguousarray(self._items).tobytes())
        digest.update(np.asarray(self._offsets, np.int64).tobytes())
        return digest.hexdigest()

    def shapes(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns how many events rows read, int `[rows]`, and which are packed, bool `[rows]`."""
        length, packed = self._locate(rows)[1:3]
        return length, packed

    def counts(self) -> dict[tuple[int, bool], int]:
        """Counts the rows by (events read, whether packed), from the sessions' lengths alone."""
        of_length = np.bincount(self.pairs)
        longest, most = len(of_length) - 1, self.max_length
        at_least = np.cumsum(of_length[::-1])[::-1]  # sessions of at least p pairs
        counts: dict[tuple[int, bool], int] = {}
        if self.form == "packed":
            # A session of one pair is one row in either form; the plain one is shorter.
            for pairs in range(1, longest + 1):
                key = (min(pairs, most), pairs > 1)
                counts[key] = counts.get(key, 0) + int(of_length[pairs])
            counts[most, False] = counts.get((most, False), 0) + int(at_least[most + 1 :].sum())
        else:
            begin = 1 if self.form == "prefixes" else 2
            for pairs in range(begin, longest + 1):
                length = min(pairs - begin + 1, most)
                counts[length, False] = counts.get((length, False), 0) + int(at_least[pairs])
        return {key: count for key, count in counts.items() if count}

    def read(self, rows: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Makes rows of one kind.

        Args:
            rows: int `[rows]`, all packed or all not.
            width: int, events per row, at least as many as the longest reads.

        Returns:
            Tuple of int32 `[rows, width]` items, 0 after the last one, and int32 targets
            `[rows, width]` of packed rows, `[rows, 1]` of others.
        """
        begin, length, packed, target = self._locate(rows)
        if self.form == "futures":
            return self._reversed(target, length, width), self._items[target][:, None]
        items = padded(self._items, begin, length, width)
        if packed.any():
            return items, padded(self._items, begin + 1, length, width)
        return items, self._items[target][:, None]

    def futures(self, rows: np.ndarray) -> np.ndarray:
        """Returns the reversed futures of rows of the form `"prefixes"`.

        Args:
            rows: int `[rows]`.

        Returns:
            int32 `[rows, max_length]`, all 0 where the target is its session's last event.
        """
        session = np.searchsorted(self._first, rows, side="right") - 1
        target = self._offsets[session] + rows - self._first[session] + 1
        return self._reversed(target, self._future_lengths(session, target), self.max_length)

    def _future_lengths(self, session: np.ndarray, target: np.ndarray) -> np.ndarray:
        return np.minimum(self._offsets[session + 1] - 1 - target, self.max_length)

    def _reversed(self, target: np.ndarray, length: np.ndarray, width: int) -> np.ndarray:
        """The events after a target, the nearest one last."""
        steps = np.arange(width)
        inside = steps < length[:, None]
        places = (target + length)[:, None] - steps
        return np.where(inside, self._items[np.where(inside, places, 0)], 0)

    def _locate(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Each row's first place in the items, events read, whether packed, target's place."""
        session = np.searchsorted(self._first, rows, side="right") - 1
        place = rows - self._first[session]  # within the session
        start, most = self._offsets[session], self.max_length
        packed = np.zeros(len(rows), bool)
        if self.form == "futures":
            target = start + place + 1
            return start, self._future_lengths(session, target), packed, target
        if self.form == "packed":
            packed = (place == 0) & (self.pairs[session] > 1)
            place = np.where(place == 0, 0, place + most - 1)
        target = start + place + 1
        length = np.where(packed, np.minimum(self.pairs[session], most), 0)
        length = np.where(packed, length, np.minimum(place + 1, most))
        begin = np.where(packed, start, target - length)
        return begin, length, packed, target
