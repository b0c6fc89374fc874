"""The VS-kNN baseline."""

from __future__ import annotations

import numpy as np
from scipy import sparse

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
        # From here on sessions are numbered by recency: 0 is the newest.
        newest_first = np.argsort(log.end_times, kind="stable")[::-1]
        sets = sessions.sets(len(self.popularity), MAX_SESSION_LENGTH)
        self._item_sets = sets[newest_first]
        sessions_of = self._item_sets.T.tocsr().tocoo()
        # A session older than the `sample_size` newest of one of its items is in no sample.
        recent = rank_in_group(sessions_of.row) < self.sample_size
        places = (sessions_of.row[recent], sessions_of.col[recent])
        self._sessions_of = sparse.csr_array((sessions_of.data[recent], places), sessions_of.shape)
        self._others = self._popularity_order() - 1

    def _score(self, prefixes: Ragged) -> np.ndarray:
        scores = np.tile(self._others, (len(prefixes), 1))
        entries = np.diff(self._sessions_of.indptr)[prefixes.values]
        costs = np.add.reduceat(entries, prefixes.offsets[:-1]) + len(self._others)
        for start, stop in blocks(costs, ENTRIES_PER_BLOCK):
            evidence = self._evidence(prefixes.slice(start, stop))
            np.copyto(scores[start:stop], evidence, where=evidence > 0)
        return scores

    def _evidence(self, prefixes: Ragged) -> np.ndarray:
        """float32 `[rows, N]`, the neighbours' votes; 0 for an item of no neighbour."""
        # Place, from 1, of the last event of each item; of equal cells the last one stays.
        places = np.zeros((len(prefixes), len(self._others)), np.int64)
        owners = prefixes.owners
        places[owners, prefixes.values] = np.arange(len(owners)) - prefixes.offsets[owners] + 1
        candidates = sparse.csr_array(places) @ self._sessions_of
        candidates.sort_indices()
        candidates = candidates.tocoo()
        sampled = rank_in_group(candidates.row) < self.sample_size
        rows, sessions, overlaps = (
            part[sampled] for part in (candidates.row, candidates.col, candidates.data)
        )
        order = np.lexsort((sessions, -overlaps, rows))
        order = order[rank_in_group(rows[order]) < self.k]
        rows, sessions, overlaps = rows[order], sessions[order], overlaps[order]

        items = self._item_sets[sessions]
        neighbour = np.repeat(np.arange(len(sessions)), np.diff(items.indptr))
        cells = (rows[neighbour], items.indices)
        newest = np.maximum.reduceat(places[cells], items.indptr[:-1])
        lengths = prefixes.lengths[rows]
        weights = overlaps / lengths / (lengths - newest + 1)
        votes = sparse.coo_array((weights[neighbour], cells), places.shape)
        return votes.toarray().astype(np.float32)
