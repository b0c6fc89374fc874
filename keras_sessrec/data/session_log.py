"""A click log in memory: events sorted by session and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_IDS = 2**31 - 2  # numbered from 0 or, with padding in front, from 1, in int32


@dataclass(frozen=True, eq=False, repr=False)
class SessionLog:
    """Sessions in order of their first event, and in each its events in order of time.

    The one form in which clicks travel through this package: flat arrays, no
    Python object per event, about 12 bytes an event. Make one with `read_clicks`
    or `from_frame`, or from plain arrays with `SessionLog.from_arrays`.

    Events with equal times keep the order in which they were stored; sessions
    with equal first times are ordered by session id.

    Attributes:
        item_codes: int32 `[events]`, place of each event's item in `item_ids`.
        timestamps: int64 or float64 `[events]`, in seconds (or any counter that
            orders the events, where a log has no clock).
        offsets: int64 `[sessions + 1]`; session `s` holds the events
            `offsets[s]` to `offsets[s + 1] - 1`.
        session_ids: int64 or object(str) `[sessions]`, raw session ids.
        item_ids: int64 or object(str) `[M]`, distinct raw item ids. A log cut from
            another one shares its table, so not every entry needs to occur.
    """

    item_codes: np.ndarray
    timestamps: np.ndarray
    offsets: np.ndarray
    session_ids: np.ndarray
    item_ids: np.ndarray

    @classmethod
    def from_arrays(
        cls,
        session_codes: np.ndarray,
        item_codes: np.ndarray,
        timestamps: np.ndarray,
        session_ids: np.ndarray,
        item_ids: np.ndarray,
    ) -> SessionLog:
        """Sorts events given in any order into a log.

        Args:
            session_codes: int `[events]`, place of each event's session in `session_ids`.
            item_codes: int `[events]`, place of each event's item in `item_ids`.
            timestamps: int64 or float64 `[events]`.
            session_ids: `[S]` distinct raw session ids.
            item_ids: `[M]` distinct raw item ids.

        Returns:
            A `SessionLog`; sessions without an event are left out.

        Raises:
            ValueError: There are more than 2**31 - 2 sessions or items; events may be more.
        """
        for name, ids in (("session_ids", session_ids), ("item_ids", item_ids)):
            if len(ids) > MOST_IDS:
                raise ValueError(
                    f"`{name}` must be at most {MOST_IDS:,}, which 32 bits number. "
                    f"Received: {len(ids):,}. Split the log, or keep the most frequent ones."
                )
        session_codes = np.asarray(session_codes)
        timestamps = np.asarray(timestamps)
        # Rank sessions by (first time, id) first: then one stable sort of the
        # events by time and one by session rank give the final order.
        by_time = np.argsort(timestamps, kind="stable")
        codes_by_time = session_codes[by_time]
        # Of the repeated assignments to a session, the last one stays: its first event.
        first = np.full(len(session_ids), -1)
        first[codes_by_time[::-1]] = by_time[::-1]
        present = np.flatnonzero(first >= 0)
        order = _session_order(timestamps[first[present]], session_ids[present])
        rank = np.empty(len(session_ids), np.int32)
        rank[present[order]] = np.arange(len(order), dtype=np.int32)
        session_rank = rank[codes_by_time]
        events = by_time[np.argsort(session_rank, kind="stable")]
        lengths = np.bincount(session_rank, minlength=len(order))
        return cls(
            item_codes=np.asarray(item_codes)[events].astype(np.int32, copy=False),
            timestamps=timestamps[events],
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            session_ids=session_ids[present[order]],
            item_ids=item_ids,
        )

    def select_sessions(self, sessions: np.ndarray) -> SessionLog:
        """Makes the log of some of the sessions, whole, in their order in this log.

        Args:
            sessions: bool `[sessions]`, true for a session to keep; or int array of
                places of sessions, in any order.

        Returns:
            A `SessionLog` with the same item table.
        """
        kept = np.zeros(self.num_sessions, bool)
        kept[sessions] = True
        events = np.repeat(kept, self.lengths)
        return SessionLog(
            item_codes=self.item_codes[events],
            timestamps=self.timestamps[events],
            offsets=np.concatenate([[0], np.cumsum(self.lengths[kept])]).astype(np.int64),
            session_ids=self.session_ids[kept],
            item_ids=self.item_ids,
        )

    def select_events(self, events: np.ndarray) -> SessionLog:
        """Makes the log of some of the events.

        Args:
            events: bool `[events]`, true for an event to keep.

        Returns:
            A `SessionLog` with the same item table; sessions left without an event
            are not in it.
        """
        events = np.asarray(events)
        if events.dtype != bool or events.shape != (self.num_events,):
            raise ValueError(
                f"`events` must be a bool array of shape ({self.num_events},), one entry per "
                f"event. Received: {events.dtype} of shape {events.shape}."
            )
        bounds = np.concatenate([[0], np.cumsum(events)])[self.offsets]
        present = np.diff(bounds) > 0
        kept = SessionLog(
            item_codes=self.item_codes[events],
            timestamps=self.timestamps[events],
            offsets=np.append(bounds[:-1][present], bounds[-1]),
            session_ids=self.session_ids[present],
            item_ids=self.item_ids,
        )
        if events[self.offsets[:-1][present]].all():
            return kept
        # A session that lost its first event starts later now: sort anew.
        return SessionLog.from_arrays(
            kept.session_of_event, kept.item_codes, kept.timestamps, kept.session_ids, self.item_ids
        )

    def session(self, place: int) -> np.ndarray:
        """Returns the raw ids of one session's items, in order of time.

        Args:
            place: int, of the session in `session_ids`; negative from the end.

        Returns:
            `[events of the session]`, ids as they came in.

        Raises:
            IndexError: There is no such session.

        Example:

        >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
        >>> log.session(0).shape == (log.lengths[0],)
        True
        """
        if not -self.num_sessions <= place < self.num_sessions:
            raise IndexError(
                f"`place` must be that of one of the {self.num_sessions:,} sessions. "
                f"Received: place={place}."
            )
        place %= self.num_sessions
        return self.item_ids[self.item_codes[self.offsets[place] : self.offsets[place + 1]]]

    @property
    def num_events(self) -> int:
        """Number of events."""
        return len(self.item_codes)

    @property
    def num_sessions(self) -> int:
        """Number of sessions."""
        return len(self.session_ids)

    @property
    def num_items(self) -> int:
        """Number of distinct items that occur in the log."""
        return int((np.bincount(self.item_codes, minlength=1) > 0).sum())

    @property
    def lengths(self) -> np.ndarray:
        """int64 `[sessions]`, events per session."""
        return np.diff(self.offsets)

    @property
    def session_of_event(self) -> np.ndarray:
        """int32 `[events]`, place of each event's session in `session_ids`."""
        return np.repeat(np.arange(self.num_sessions, dtype=np.int32), self.lengths)

    @property
    def start_times(self) -> np.ndarray:
        """`[sessions]`, time of each session's first event."""
        return self.timestamps[self.offsets[:-1]]

    @property
    def end_times(self) -> np.ndarray:
        """`[sessions]`, time of each session's last event."""
        return self.timestamps[self.offsets[1:] - 1]

    def __len__(self) -> int:
        return self.num_sessions

    def __repr__(self) -> str:
        return (
            f"<SessionLog of {self.num_sessions:,} sessions, {self.num_events:,} events, "
            f"{self.num_items:,} items>"
        )


def _session_order(start_times: np.ndarray, session_ids: np.ndarray) -> np.ndarray:
    """Order of sessions by start time, equal ones by id."""
    order = np.argsort(start_times, kind="stable")
    # Only sessions with equal times are sorted by id: for millions of string ids that
    # takes longer than everything else.
    equals_next = np.diff(start_times[order]) == 0
    is_tied = np.zeros(len(order), bool)
    is_tied[:-1] |= equals_next
    is_tied[1:] |= equals_next
    tied = order[is_tied]
    tied = tied[np.argsort(session_ids[tied], kind="stable")]
    order[is_tied] = tied[np.argsort(start_times[tied], kind="stable")]
    return order


def check_log(log: Any, name: str = "log") -> None:
    """Raises a `TypeError` that helps unless the argument called `name` is a `SessionLog`."""
    if isinstance(log, SessionLog):
        return
    kind = type(log).__name__
    hints = {
        "tuple": "`clean` and the splits return a pair: `log, report = clean(log)`.",
        "DataFrame": "Make one of a frame by `ksr.data.from_frame(frame)`.",
        "str": "Read a file by `ksr.data.read_clicks(path)`.",
        "PosixPath": "Read a file by `ksr.data.read_clicks(path)`.",
        "Catalog": "The log comes first, the catalog second.",
    }
    help_ = hints.get(kind, "Make one by `ksr.data.read_clicks` or `ksr.data.from_frame`.")
    raise TypeError(f"`{name}` must be a `SessionLog`. Received: {kind}. {help_}")
