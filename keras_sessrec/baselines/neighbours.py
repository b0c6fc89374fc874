"""What the baselines share in which similar training sessions vote: VS-kNN, STAN, VSTAN."""

from __future__ import annotations

import abc

import numpy as np
from scipy import sparse

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.decays import check_scales, exponential
from keras_sessrec.baselines.ragged import Ragged, blocks, rank_in_group
from keras_sessrec.data import SessionLog

# Longer sessions are a crawler's; as neighbours they would bury the others' items.
MAX_SESSION_LENGTH = 1000
# Index entries and scores worked on at a time: about 100 MB of working memory.
ENTRIES_PER_BLOCK = 1_000_000


class SessionNeighbours(Baseline):
    """Base of the baselines in which similar training sessions vote for their items.

    A child says how much an event of the current session weighs, and how much a neighbour whose
    newest item in common with the session lies some steps back.

    Args:
        k: Positive int, number of neighbours.
        sample_size: Positive int, number of candidates.
        cosine: bool, whether a similarity is divided by the root of the neighbour's number of
            different items.
        recency_decay: float, time in which a candidate's similarity falls to 1/e, or `None`.
        neighbour_decay: float, events in which the vote for an item falls to 1/e, counted in the
            neighbour from the newest item in common, or `None`.
        idf_weighting: Non-negative float `w`: a vote for item `i` counts `1 + w * idf(i)` times.
        random_order: Int, seed: candidates in a random order of the training sessions; `None`,
            the newest first.
    """

    def __init__(
        self,
        k: int,
        sample_size: int,
        cosine: bool = False,
        recency_decay: float | None = None,
        neighbour_decay: float | None = None,
        idf_weighting: float = 0.0,
        random_order: int | None = None,
    ) -> None:
        if k < 1:
            raise ValueError(f"`k` must be positive. Received: {k}.")
        if sample_size < 1:
            raise ValueError(f"`sample_size` must be positive. Received: {sample_size}.")
        if idf_weighting < 0:
            raise ValueError(f"`idf_weighting` must not be negative. Received: {idf_weighting}.")
        check_scales(recency_decay=recency_decay, neighbour_decay=neighbour_decay)
        self.k = k
        self.sample_size = sample_size
        self.recency_decay = recency_decay
        self.neighbour_decay = neighbour_decay
        self.idf_weighting = idf_weighting
        self._cosine = cosine
        self._random_order = random_order

    @abc.abstractmethod
    def _event_weights(self, steps: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Weights of a session's items, by steps from its end (from 1) and its length."""

    @abc.abstractmethod
    def _match_weights(self, steps: np.ndarray) -> np.ndarray:
        """Weights of neighbours, by the steps of the newest item in common (from 1)."""

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        if self._random_order is None:
            order = np.argsort(log.end_times, kind="stable")[::-1]
        else:
            order = np.random.default_rng(self._random_order).permutation(len(sessions))
        # From here on sessions are numbered in this order; rows have the places of their items.
        self._places = sessions.places(len(self.popularity), MAX_SESSION_LENGTH)[order]
        self._end_times = log.end_times[order].astype(np.float64)
        sizes = np.diff(self._places.indptr)
        self._factors = 1 / np.sqrt(np.maximum(sizes, 1)) if self._cosine else np.ones(len(sizes))
        support = np.bincount(self._places.indices, minlength=self._places.shape[1])
        idf = np.log((sizes > 0).sum() / np.maximum(support, 1))
        self._item_weights = 1 + self.idf_weighting * idf
        holders = self._places.T.tocsr().tocoo()
        # A session after the first `sample_size` that hold one of its items is in no sample.
        sampled = rank_in_group(holders.row) < self.sample_size
        cells = (holders.row[sampled], holders.col[sampled])
        self._sessions_of = sparse.csr_array((np.ones(sampled.sum()), cells), holders.shape)

    def _score(self, prefixes: Ragged) -> np.ndarray:
        scores = np.empty((len(prefixes), len(self._item_weights)), np.float32)
        entries = np.diff(self._sessions_of.indptr)[prefixes.values]
        costs = np.add.reduceat(entries, prefixes.offsets[:-1]) + scores.shape[1]
        for start, stop in blocks(costs, ENTRIES_PER_BLOCK):
            scores[start:stop] = self._voted(prefixes.slice(start, stop))
        return scores

    def _voted(self, prefixes: Ragged) -> np.ndarray:
        """float32 `[rows, N]`, what the neighbours vote for."""
        num_items = len(self._item_weights)
        own = prefixes.places(num_items)
        rows, sessions, similarities = self._neighbours(own, prefixes.lengths)

        # A line per item of a neighbour.
        items = self._places[sessions]
        neighbour = np.repeat(np.arange(len(sessions)), np.diff(items.indptr))
        cells = rows[neighbour] * num_items + items.indices
        shared = own.toarray().ravel()[cells]
        newest = np.maximum.reduceat(shared, items.indptr[:-1])
        votes = similarities * self._match_weights(prefixes.lengths[rows] - newest + 1)
        votes = votes[neighbour] * self._item_weights[items.indices]
        if self.neighbour_decay is not None:
            matched = items.data[shared == newest[neighbour]]  # one per neighbour
            distances = np.abs(items.data - matched[neighbour])
            votes *= exponential(distances, self.neighbour_decay)
        votes = np.bincount(cells, votes, len(prefixes) * num_items)
        voted = np.flatnonzero(votes > 0)
        rows, columns = np.divmod(voted, num_items)
        return self._by_evidence(rows, columns, votes[voted], len(prefixes))

    def _neighbours(
        self, own: sparse.csr_array, lengths: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The k most similar of the sampled sessions of each row: rows, sessions, similarities."""
        event_rows = np.repeat(np.arange(len(lengths)), np.diff(own.indptr))
        lengths = lengths[event_rows]
        weights = self._event_weights(lengths - own.data + 1, lengths)
        candidates = sparse.csr_array((weights, own.indices, own.indptr), own.shape)
        candidates = candidates @ self._sessions_of
        candidates.eliminate_zeros()
        candidates.sort_indices()
        rows, sessions = candidates.tocoo().coords
        sampled = rank_in_group(rows) < self.sample_size
        rows, sessions = rows[sampled], sessions[sampled]
        similarities = candidates.data[sampled] * self._factors[sessions]
        if self.recency_decay is not None:
            # Counted from the first candidate, the newest: any other time would multiply all
            # scores of a row by one factor, but could leave nothing of them.
            newest = sessions[np.arange(len(rows)) - rank_in_group(rows)]
            ages = self._end_times[newest] - self._end_times[sessions]
            similarities *= exponential(ages, self.recency_decay)
        # By row, then the most similar, as one integer: the bits of positive floats are in order.
        # Rounded, so that sums in another order tie as well; ties go by the order of candidates.
        bits = similarities.astype(np.float32).view(np.int32)
        order = np.argsort((rows.astype(np.int64) << 32) - bits, kind="stable")
        order = order[rank_in_group(rows[order]) < self.k]
        return rows[order], sessions[order], similarities[order]
