"""The SLIST baseline, with SLIS and SLIT as its ends."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.decays import check_scales, exponential
from keras_sessrec.baselines.ragged import Ragged, blocks
from keras_sessrec.data import SessionLog

# Every event of a session meets every other at every cut: only the end of a long one counts.
MAX_SESSION_LENGTH = 100
# LAPACK counts the entries of a matrix in 32 bits.
MAX_ITEMS = 46_340
# Rows of the item matrix, and entries of partial sessions, that are worked on at a time.
ROWS_PER_BLOCK = 512
ENTRIES_PER_BLOCK = 2_000_000


class SLIST(Baseline):
    """A linear model from the items of a session to the next ones, in closed form (SLIST).

    Choi et al., "Session-aware Linear Item-Item Models for Session-based Recommendation", WWW
    2021. The item matrix `B` minimises

        alpha * |X - X B|^2 + (1 - alpha) * |T - S B|^2 + regularization * |B|^2,

    each row of the first two terms times the session's `w = exp(-(T_max - T_s) / recency_decay)`.

    - `X` has a row per training session, 1 for each of its items: items of a session resemble
      each other. `alpha=1` is the paper's SLIS.
    - `S` and `T` have a row per cut of a session into what came before and what comes after. An
      item counts `exp(-d / position_decay)` in both: in `S` its last event before the cut lies
      `d` events before the one at the cut, in `T` its first event after the cut `d` events after
      the next one. `alpha=0` is SLIT.

    The solution is `B = P (alpha X'wX + (1 - alpha) S'wT)` with
    `P = (alpha X'wX + (1 - alpha) S'wS + regularization I)^-1`. With `max_diagonal` (the paper's
    xi) no item may explain itself by more: `B - P diag(m)`, where
    `m_j = (B_jj - max_diagonal) / P_jj` if that is positive. The scores of a session of `n` events
    are `x B`, where `x` has `exp(-(n - p) / inference_decay)` for an item whose last event is the
    `p`-th.

    `fit` needs `4 * N^2` bytes and `N^3` multiplications and additions, in float32. Of a training
    session of more than 100 events the last 100 count.

    Args:
        alpha: float in [0, 1], share of similarity against transitions. Defaults to 0.2.
        regularization: Positive float. Defaults to 10.
        position_decay: Positive float, in events, or `None` for no decay. Defaults to 1.
        inference_decay: Positive float, in events, or `None` for no decay. Defaults to 1.
        recency_decay: Positive float, in the unit of the log's timestamps, or `None` (default) for
            no decay.
        max_diagonal: float, or `None` (default) for no bound.

    Attributes:
        item_matrix: float32 `[N, N]`, `B`, after `fit`.

    Raises:
        ValueError: An argument is out of its range; in `fit`, the catalog has more than 46,340
            items.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> slist = SLIST(alpha=0.5).fit(log, ksr.Catalog.from_log(log))
    >>> slist.item_matrix.shape
    (40, 40)
    """

    def __init__(
        self,
        alpha: float = 0.2,
        regularization: float = 10.0,
        position_decay: float | None = 1.0,
        inference_decay: float | None = 1.0,
        recency_decay: float | None = None,
        max_diagonal: float | None = None,
    ) -> None:
        if not 0 <= alpha <= 1:
            raise ValueError(f"`alpha` must be in 0..1. Received: {alpha}.")
        if not regularization > 0:
            raise ValueError(f"`regularization` must be positive. Received: {regularization}.")
        check_scales(
            position_decay=position_decay,
            inference_decay=inference_decay,
            recency_decay=recency_decay,
        )
        self.alpha = alpha
        self.regularization = regularization
        self.position_decay = position_decay
        self.inference_decay = inference_decay
        self.recency_decay = recency_decay
        self.max_diagonal = max_diagonal

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        num_items = len(self.popularity)
        if num_items > MAX_ITEMS:
            raise ValueError(
                f"`catalog` must have at most {MAX_ITEMS:,} items, since SLIST inverts a matrix of "
                f"all pairs of them. Received: {num_items:,} items. Take a catalog of the most "
                "frequent ones; events of others are skipped."
            )
        weights = exponential(log.end_times.max() - log.end_times, self.recency_decay)
        gram, cross = self._products(sessions, weights)
        inverse = _inverse(gram, self.regularization)
        # P (gram + cross - gram) = I - regularization P + P (cross - gram).
        change = (cross - gram).astype(np.float32).T.tocsr()
        pull = np.zeros(num_items, np.float32)
        if self.max_diagonal is not None:
            columns = np.repeat(np.arange(num_items), np.diff(change.indptr))
            moved = np.zeros(num_items)
            for start in range(0, change.nnz, ENTRIES_PER_BLOCK):
                part = slice(start, start + ENTRIES_PER_BLOCK)
                products = change.data[part] * inverse[columns[part], change.indices[part]]
                moved += np.bincount(columns[part], products, num_items)
            diagonal = np.diag(inverse)
            bound = 1 - self.regularization * diagonal + moved - self.max_diagonal
            pull = (np.maximum(bound, 0) / diagonal).astype(np.float32)
        for start in range(0, num_items, ROWS_PER_BLOCK):
            rows = inverse[start : start + ROWS_PER_BLOCK]
            rows[:] = (change @ rows.T).T - rows * (np.float32(self.regularization) + pull)
        inverse[np.diag_indices(num_items)] += 1
        self.item_matrix = inverse

    def _products(
        self, sessions: Ragged, weights: np.ndarray
    ) -> tuple[sparse.csr_array, sparse.csr_array]:
        """`alpha X'wX + (1 - alpha) S'wS` and `alpha X'wX + (1 - alpha) S'wT`."""
        shape = (len(self.popularity), len(self.popularity))
        gram, cross = sparse.csr_array(shape), sparse.csr_array(shape)
        recent = np.maximum(sessions.offsets[1:] - MAX_SESSION_LENGTH, sessions.offsets[:-1])
        lengths = sessions.offsets[1:] - recent
        for start, stop in blocks(lengths**2, ENTRIES_PER_BLOCK):
            some = np.arange(start, stop)
            events = _ranges(recent[some], lengths[some])
            part = Ragged(sessions.values[events], np.append(0, np.cumsum(lengths[some])))
            same = part.sets(shape[0], MAX_SESSION_LENGTH)
            same = self.alpha * (same.T @ (same * weights[some, None]))
            past, future, owners = _partial(part, shape[0], self.position_decay)
            past, weighted = past.T.tocsr(), (1 - self.alpha) * weights[some[owners], None]
            gram = gram + same + past @ (past.T * weighted)
            cross = cross + same + past @ (future * weighted)
        return gram.tocsr(), cross.tocsr()

    def _score(self, prefixes: Ragged) -> np.ndarray:
        own = prefixes.places(len(self.popularity))
        ages = np.repeat(prefixes.lengths, np.diff(own.indptr)) - own.data
        own.data = exponential(ages, self.inference_decay).astype(np.float32)
        return own @ self.item_matrix


def _ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The numbers from each start on, as many as its length, one range after another."""
    firsts = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    return firsts + np.arange(len(firsts))


def _partial(
    sessions: Ragged, num_items: int, decay: float | None
) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray]:
    """`S` and `T`, a row per cut, and the session of each cut."""
    last = np.zeros(len(sessions.values), bool)
    last[sessions.offsets[1:][sessions.lengths > 0] - 1] = True
    cuts = np.flatnonzero(~last)  # the events before a cut
    owners = sessions.owners[cuts]
    parts = []
    for starts, stops in [
        (sessions.offsets[owners], cuts + 1),
        (cuts + 1, sessions.offsets[owners + 1]),
    ]:
        lengths = stops - starts
        parts.append(
            Ragged(sessions.values[_ranges(starts, lengths)], np.append(0, np.cumsum(lengths)))
        )
    past, future = parts
    future = Ragged(future.values[::-1], future.offsets[-1] - future.offsets[::-1])  # nearest last
    past, future = (_decayed(part, num_items, decay) for part in (past, future))
    return past, future[::-1], owners


def _decayed(sessions: Ragged, num_items: int, decay: float | None) -> sparse.csr_array:
    """Rows of `exp(-d / decay)` for an item whose last event lies `d` events before the end."""
    places = sessions.places(num_items)
    ages = np.repeat(sessions.lengths, np.diff(places.indptr)) - places.data
    places.data = exponential(ages, decay)
    return places


def _inverse(gram: sparse.csr_array, regularization: float) -> np.ndarray:
    """float32 `[N, N]`, `(gram + regularization I)^-1`, by Cholesky's factor, in one matrix."""
    matrix = gram.astype(np.float32).toarray(order="F")
    matrix[np.diag_indices(len(matrix))] += np.float32(regularization)
    matrix, failed = lapack.spotrf(matrix, lower=0, clean=0, overwrite_a=1)
    if not failed:
        matrix, failed = lapack.spotri(matrix, lower=0, overwrite_c=1)
    if failed:
        raise ValueError(
            "The items' matrix cannot be inverted in float32. Received: "
            f"`regularization` {regularization}. Raise it."
        )
    for start in range(0, len(matrix), ROWS_PER_BLOCK):  # LAPACK has filled the upper half
        stop = start + ROWS_PER_BLOCK
        corner = np.triu(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = corner + np.triu(corner, 1).T
        matrix[stop:, start:stop] = matrix[start:stop, stop:].T
    return matrix.T  # symmetric: rows side by side in memory
