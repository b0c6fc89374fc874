"""The VS-kNN baseline."""

from __future__ import annotations

import numpy as np

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.ragged import Ragged, blocks, rank_in_group
from keras_sessrec.data import SessionLog

# Longer sessions are a crawler's; as neighbours they would bury the others' items.
MAX_SESSION_LENGTH = 1000
# Index entries and scores worked on at a time: about 100 MB of working memory.
ENTRIES_PER_BLOCK = 1_000_000


class SessionKNN(Baseline):
    """Recommends the items of the most similar recent sessions (VS-kNN).

    Ludewig & Jannach, "Evaluation of Session-based Recommendation Algorithms",
    User Modeling and User-Adapted Interaction 28, 2018 (V-SKNN). For a session of
    `n` events:

    1. The candidates are the `sample_size` most recent training sessions (by last
       event) that share an item with it.
    2. A candidate's similarity is the dot product of its 0/1 item vector with the
       session's vector, which holds `p / n` for an item whose last event is the
       `p`-th: linear decay, 1 for the newest event.
    3. The neighbours are the `k` most similar candidates (ties: the more recent).
    4. An item's score is the sum, over the neighbours that hold it, of the similarity
       times `1 / s`, where the neighbour's newest item in common with the session is
       its `s`-th event from the end.

    Decay, weights and defaults are those of the authors' published code; its optional
    idf and time weights are left out. Items of the session itself are scored as all
    others. Items of no neighbour follow in order of popularity, with scores below 0.

    Of a training session of more than 1,000 events the last 1,000 count.

    Args:
        k: Positive int, number of neighbours. Defaults to 100.
        sample_size: Positive int, number of candidates. Defaults to 1000.

    Raises:
        ValueError: `k` or `sample_size` is not positive.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> SessionKNN(k=2).fit(log, Catalog([50, 60])).score(np.array([[2]]))
    array([[1., 2.]], dtype=float32)
    """

    def __init__(self, k: int = 100, sample_size: int = 1000) -> None:
        if k < 1:
            raise ValueError(f"`k` must be positive. Received: {k}.")
        if sample_size < 1:
            raise ValueError(f"`sample_size` must be positive. Received: {sample_size}.")
        self.k = k
        self.sample_size = sample_size

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        num_items = len(self.popularity)
        # From here on sessions are numbered by recency: 0 is the newest.
        newest_first = np.argsort(log.end_times, kind="stable")[::-1]
        self._item_sets = sessions.select(newest_first).distinct(num_items, MAX_SESSION_LENGTH)
        sessions_of = self._item_sets.invert(num_items)
        # A session older than the `sample_size` newest of one of its items is in no sample.
        owners = sessions_of.owners
        recent = rank_in_group(owners) < self.sample_size
        self._sessions_of = Ragged.from_owners(
            sessions_of.values[recent], owners[recent], num_items
        )
        self._others = self._popularity_order() - 1

    def _score(self, prefixes: Ragged) -> np.ndarray:
        scores = np.tile(self._others, (len(prefixes), 1))
        entries = self._sessions_of.lengths[prefixes.values]
        costs = np.add.reduceat(entries, prefixes.offsets[:-1]) + len(self._others)
        for start, stop in blocks(costs, ENTRIES_PER_BLOCK):
            evidence = self._evidence(prefixes.slice(start, stop))
            np.copyto(scores[start:stop], evidence, where=evidence > 0)
        return scores

    def _evidence(self, prefixes: Ragged) -> np.ndarray:
        """float32 `[rows, N]`, the neighbours' votes; 0 for an item of no neighbour."""
        num_items = len(self._others)
        rows, sessions, overlaps, newest = self._candidates(prefixes)
        order = np.lexsort((sessions, -overlaps, rows))
        order = order[rank_in_group(rows[order]) < self.k]
        rows, sessions = rows[order], sessions[order]
        lengths = prefixes.lengths[rows]
        weights = overlaps[order] / lengths / (lengths - newest[order] + 1)
        positions, neighbour = self._item_sets.spans(sessions)
        cells = rows[neighbour] * num_items + self._item_sets.values[positions]
        votes = np.bincount(cells, weights[neighbour], minlength=len(prefixes) * num_items)
        return votes.astype(np.float32).reshape(len(prefixes), num_items)

    def _candidates(
        self, prefixes: Ragged
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Finds each row's sample of sessions.

        Returns:
            Row, session, sum of the places (from 1) of the shared items in the
            prefix, and place of the newest shared item, of each candidate.
        """
        rows, columns, places = _last_places(prefixes, len(self._others))
        positions, entry = self._sessions_of.spans(columns)
        # Row, session and place in one number: one plain sort groups all three.
        num_sessions, num_places = len(self._item_sets), int(places.max()) + 1
        keys = rows[entry] * num_sessions + self._sessions_of.values[positions]
        keys = np.sort(keys * num_places + places[entry])
        pairs, places = np.divmod(keys, num_places)
        starts = np.flatnonzero(np.diff(pairs, prepend=-1))
        overlaps = np.add.reduceat(places, starts)
        newest = places[np.diff(pairs, append=-1) != 0]
        rows, sessions = np.divmod(pairs[starts], num_sessions)
        sampled = rank_in_group(rows) < self.sample_size
        return rows[sampled], sessions[sampled], overlaps[sampled], newest[sampled]


def _last_places(prefixes: Ragged, num_items: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and place (from 1) of the last event of each distinct item of each row."""
    rows = prefixes.owners
    places = np.arange(len(rows)) - prefixes.offsets[rows] + 1
    # `np.unique` finds the first of equal keys: in reversed order, the last event.
    keys = (rows * num_items + prefixes.values)[::-1]
    keys, first = np.unique(keys, return_index=True)
    rows, columns = np.divmod(keys, num_items)
    return rows, columns, places[::-1][first]
