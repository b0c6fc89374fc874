"""The cases of a next-event evaluation: prefixes of sessions and their targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.ops.padding import chunks_by_length, padded

UNSEEN = ("drop", "miss")


@dataclass(frozen=True, eq=False, repr=False)
class NextEventCases:
    """Every event after the first of each session, with the prefix before it.

    A case holds two numbers instead of its prefix, a place in `items`: memory is
    linear in the number of events, and prefixes are made a batch at a time.

    Attributes:
        items: int32, items of all sessions, one after another; what is not in the
            catalog is left out.
        start: int64 `[cases]`, where the case's prefix starts in `items`.
        stop: int64 `[cases]`, where it ends (exclusive).
        target: int32 `[cases]`, the next item, 0 if it is not in the catalog.
        session: int64 `[cases]`, place of the session in the log.
        position: int64 `[cases]`, the target's place in its session, from 1, so at least 2.
        num_unseen_targets: int, events after the first of their session, as stored,
            whose item is not in the catalog.
    """

    items: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    target: np.ndarray
    session: np.ndarray
    position: np.ndarray
    num_unseen_targets: int

    @classmethod
    def from_log(
        cls,
        log: SessionLog,
        catalog: Catalog,
        unseen: str = "drop",
        max_length: int | None = None,
    ) -> NextEventCases:
        """Lists the cases of a log, in the order of its events.

        Args:
            log: `SessionLog`.
            catalog: `Catalog`, the items that can be read and recommended.
            unseen: `"drop"` or `"miss"`, see `evaluate`.
            max_length: int, most events of a prefix, the last ones in the catalog, or `None`
                (default) for all.

        Returns:
            A `NextEventCases`.
        """
        if unseen not in UNSEEN:
            raise ValueError(
                f"`unseen` must be one of {', '.join(UNSEEN)}. Received: unseen={unseen!r}."
            )
        item = catalog.encode(log.item_ids)[log.item_codes]
        seen = item > 0
        session = np.repeat(np.arange(log.num_sessions), log.lengths)
        position = np.arange(log.num_events) - np.repeat(log.offsets[:-1], log.lengths) + 1
        num_unseen_targets = int((~seen & (position > 1)).sum())

        # Events in the catalog before event e of the log, over all sessions.
        before = np.concatenate([[0], np.cumsum(seen)])
        stop = before[:-1]
        start = before[log.offsets[:-1]][session]
        if unseen == "drop":
            position = stop - start + 1
            case = seen & (position > 1)
        else:
            case = position > 1
        if max_length is not None:
            start = np.maximum(start, stop - max_length)
        return cls(
            items=item[seen],
            start=start[case],
            stop=stop[case],
            target=item[case],
            session=session[case],
            position=position[case],
            num_unseen_targets=num_unseen_targets,
        )

    def __len__(self) -> int:
        return len(self.target)

    def batches(self, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Makes batches of prefixes of about the same length, the longest first.

        Args:
            batch_size: int, rows of a batch; fewer where prefixes are very long.

        Yields:
            `(rows, prefixes)`: int64 `[rows]`, which cases, and int32 `[rows, T]`, their
            prefixes, right-padded with 0. T is at least 1; an empty prefix is all 0.
        """
        lengths = self.stop - self.start
        for rows in chunks_by_length(lengths, batch_size):
            longest = max(1, int(lengths[rows[0]]))
            yield rows, padded(self.items, self.start[rows], lengths[rows], longest)
