"""How much of a catalog a pruned search looks at: chosen and measured on sessions."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.models import SessionRecommender
from keras_sessrec.ops.padding import padded_rows
from keras_sessrec.serving.catalog_scorer import CatalogScorer
from keras_sessrec.serving.pruned_scorer import MOST_FINALISTS, SIZE, PrunedScorer, SearchReport
from keras_sessrec.serving.pruned_search import PrunedSearch
from keras_sessrec.serving.query_basis import QueryBasis
from keras_sessrec.serving.session_reader import SessionReader

_MOST, _FEWEST = 4096, 50  # sessions
_AT_ONCE = 256  # sessions that are read or answered at a time
_BONUSES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
_FOR_BONUS = 512  # queries that choose it
_GROWTH = 1.2
_SCREENED = 500_000_000  # items that a trial looks at, if that leaves it 256 sessions


class _Asked(NamedTuple):
    """Sessions, and what an exact search answers."""

    items: np.ndarray
    query: np.ndarray
    events: np.ndarray
    best: np.ndarray
    best_unseen: np.ndarray

    def rows(self, chosen: slice) -> _Asked:
        return _Asked(*(part[chosen] for part in self))


def fitted_scorer(
    model: SessionRecommender, k: int, reader: SessionReader, search: PrunedSearch
) -> PrunedScorer:
    """Makes a `PrunedScorer` that looks at as little as the stated agreement allows.

    Args:
        model: `SessionRecommender`.
        k: int, items per row.
        reader: `SessionReader` of the model.
        search: `PrunedSearch`.

    Returns:
        `PrunedScorer` with its `report`.

    Raises:
        ValueError: Too few sessions have an item of the catalog, or a score would be NaN.

    Warns:
        UserWarning: More than half of the groups are looked at, or the agreement is not reached.
    """
    exact = CatalogScorer(model, k)
    asked = _ask(exact, reader, _cut_sessions(model.catalog, search.sessions, reader.max_length))
    choosing, testing = (asked.rows(slice(half, None, 2)) for half in (0, 1))
    vectors, bias = model.head().table()
    scorer = PrunedScorer(
        vectors, bias, model.catalog.counts.astype("float32"), k, QueryBasis(choosing.query)
    )
    del vectors
    wanted = search.agreement
    ranks = _choose_groups(scorer, choosing, wanted + 0.2 * (1 - wanted))
    tested = _choose_by_trial(scorer, ranks, choosing, testing, wanted)
    scorer.report = SearchReport(
        agreement=float(tested.mean()),
        unseen=float(_shares(scorer, testing, unseen=True).mean()),
        sessions=len(tested),
        asked=wanted,
        table_bytes=_bytes(scorer),
        float32_bytes=_bytes(exact),
    )
    _warn(scorer.report, scorer.groups_read / scorer.num_groups)
    return scorer


def _cut_sessions(catalog: Catalog, log: SessionLog, max_length: int) -> np.ndarray:
    """A sample of sessions, each up to a random click: int32 `[rows, steps]`, padded with 0."""
    rng = np.random.default_rng(0)
    items = catalog.encode(log.item_ids)[log.item_codes]
    sessions = []
    for place in rng.permutation(log.num_sessions):
        session = items[log.offsets[place] : log.offsets[place + 1]]
        session = session[session > 0][:max_length]
        if len(session):
            sessions.append(session[: rng.integers(1, len(session) + 1)])
        if len(sessions) == _MOST:
            break
    if len(sessions) < _FEWEST:
        raise ValueError(
            f"`search` needs {_FEWEST} sessions with an item of the catalog at least. "
            f"Received: {len(sessions)}, of {log.num_sessions:,} in the log. Give a larger log."
        )
    return padded_rows(sessions)


def _ask(exact: CatalogScorer, reader: SessionReader, items: np.ndarray) -> _Asked:
    """Reads sessions and ranks the whole catalog for them."""
    none = np.zeros((len(items), 0), np.int32)
    read = tf.function(
        reader.read, input_signature=[tf.TensorSpec([None, None], tf.int32)], autograph=False
    )
    progress = [read(items[i : i + _AT_ONCE]) for i in range(0, len(items), _AT_ONCE)]
    query, events = (
        np.concatenate([getattr(part, name).numpy() for part in progress])
        for name in ("query", "events")
    )
    best = exact.top_k(query, events, none)[0].numpy()
    best_unseen = np.zeros_like(best)
    # Only the sessions that test are asked without their own items.
    best_unseen[1::2] = exact.top_k(query[1::2], events[1::2], items[1::2])[0].numpy()
    return _Asked(items, query, events, best, best_unseen)


def _choose_groups(scorer: PrunedScorer, asked: _Asked, share: float) -> np.ndarray:
    """Sets the bonus and how many groups hold a share of the best items; returns their ranks."""
    few = asked.rows(slice(_FOR_BONUS))
    bonus = min(_BONUSES, key=lambda bonus: np.quantile(_ranks(scorer, few, bonus), share))
    scorer.set_bonus(bonus)
    ranks = _ranks(scorer, asked, bonus)
    scorer.groups_read = int(np.quantile(ranks, share, method="higher"))
    return ranks


def _ranks(scorer: PrunedScorer, asked: _Asked, bonus: float) -> np.ndarray:
    """The rank, from 1, of the group of every best item of every session."""
    ranks = []
    for begin in range(0, len(asked.query), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        promises = scorer.promises(asked.query[part], bonus)
        of_best = np.take_along_axis(promises, scorer.group_of[asked.best[part]], axis=1)
        for row, values in zip(np.sort(promises, axis=1), of_best, strict=True):
            ranks.append(len(row) - np.searchsorted(row, values))
    return np.concatenate(ranks)


def _choose_by_trial(
    scorer: PrunedScorer, ranks: np.ndarray, choosing: _Asked, testing: _Asked, wanted: float
) -> np.ndarray:
    """Looks at more until both parts agree as wanted; returns the shares of the testing one."""
    while True:
        chosen = _shares(scorer, choosing)
        tested = _shares(scorer, testing)
        error = chosen.std() / np.sqrt(len(chosen))
        if min(chosen.mean() - error, tested.mean()) >= wanted:
            return tested
        # What the groups hold and the answers do not was lost by the screen.
        lost = (ranks <= scorer.groups_read).mean() - chosen.mean()
        most = min(MOST_FINALISTS, scorer.num_groups * SIZE)
        if lost > (1 - wanted) / 3 and scorer.finalists < most:
            scorer.finalists = min(2 * scorer.finalists, most)
        elif scorer.groups_read < scorer.num_groups:
            more = int(np.ceil(_GROWTH * scorer.groups_read))
            scorer.groups_read = min(scorer.num_groups, more)
        else:
            return tested


def _shares(scorer: PrunedScorer, asked: _Asked, unseen: bool = False) -> np.ndarray:
    """The share of the exact answer in the pruned one, for each session there is time for."""
    asked = asked.rows(slice(max(_AT_ONCE, _SCREENED // (scorer.groups_read * SIZE))))
    rank = tf.function(scorer.top_k, autograph=False, reduce_retracing=True)
    none = np.zeros((len(asked.items), 0), np.int32)
    excluded = asked.items if unseen else none
    best = asked.best_unseen if unseen else asked.best
    shares = []
    for begin in range(0, len(best), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        inputs = (asked.query[part], asked.events[part], excluded[part])
        items = rank(*map(tf.constant, inputs))[0].numpy()
        for found, wanted in zip(items, best[part], strict=True):
            there = wanted > 0  # all of them, unless a session holds nearly the whole catalog
            shares.append(np.isin(wanted[there], found).mean() if there.any() else 1.0)
    return np.array(shares)


def _bytes(module: tf.Module) -> int:
    return sum(v.dtype.size * v.shape.num_elements() for v in module.variables)


def _warn(report: SearchReport, read: float) -> None:
    if report.agreement < report.asked:
        warnings.warn(
            f"`search` reaches an agreement of {report.agreement:.4f} with all groups looked at, "
            f"not {report.asked:g}: vectors are held in 12 bits. Ask for less, or export without "
            "`search`.",
            stacklevel=5,
        )
    elif read > 0.5:
        warnings.warn(
            f"`search` looks at {read:.0%} of the catalog to agree as stated, which is no faster "
            "than to look at all: it is too small, or the model's vectors have too little order. "
            "Export without `search`, or ask for less agreement.",
            stacklevel=5,
        )
