"""From lists of raw ids to lists of recommendations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.ops.selection import check_k, top_k

SCORES_AT_ONCE = 2**22  # 16 MB of float32: larger arrays cost page faults every time
EVENTS_AT_ONCE = 2**18  # with padding; their 3 x 100 gates are 300 MB of float32


class Scorer(Protocol):
    """What `recommend` needs of a model or baseline."""

    catalog: Catalog

    def score(self, items: np.ndarray) -> np.ndarray:
        """Maps items `[sessions, steps]` to scores `[sessions, N]`."""


def recommend(
    scorer: Scorer,
    sessions: Iterable[Iterable[Any]],
    k: int = 20,
    exclude_seen: bool = False,
    exclude: Iterable[Any] | None = None,
    candidates: Iterable[Any] | None = None,
) -> list[list[tuple[Any, float]]]:
    """Recommends the next items of sessions; see `SessionRecommender.recommend`."""
    k = check_k(k)
    catalog = scorer.catalog
    encoded = [_encode(catalog, session) for session in sessions]
    allowed = np.ones(catalog.num_items, bool)
    if candidates is not None:
        allowed[:] = False
        allowed[_known(catalog, candidates)] = True
    if exclude is not None:
        allowed[_known(catalog, exclude)] = False
    k = min(k, catalog.num_items)
    chunk = max(1, SCORES_AT_ONCE // catalog.num_items)
    # Sessions of similar length together: little padding, one answer at a time in order.
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i]))
    answers: list[list[tuple[Any, float]]] = [[] for _ in encoded]
    done = 0
    while done < len(order):
        longest = max(1, len(encoded[order[done]]))
        rows = order[done : done + max(1, min(chunk, EVENTS_AT_ONCE // longest))]
        done += len(rows)
        padded = np.zeros((len(rows), longest), np.int32)
        for row, session in enumerate(rows):
            padded[row, : len(encoded[session])] = encoded[session]
        scores = np.asarray(scorer.score(padded))
        if np.isnan(scores).any():
            raise ValueError(
                "The scores are NaN: the model has diverged. Train it anew with a lower learning "
                "rate, or load earlier weights."
            )
        scores = np.where(allowed, scores, -np.inf)
        if exclude_seen:
            row, step = np.nonzero(padded)
            scores[row, padded[row, step] - 1] = -np.inf
        best, columns = (np.asarray(part) for part in top_k(scores, k))
        for row, session in enumerate(rows):
            kept = np.isfinite(best[row])
            ids = catalog.decode(columns[row][kept] + 1).tolist()
            answers[session] = list(zip(ids, best[row][kept].tolist(), strict=True))
    return answers


def _encode(catalog: Catalog, session: Iterable[Any]) -> np.ndarray:
    """The known items of one session."""
    if isinstance(session, (str, bytes)):
        raise ValueError(
            "`sessions` must be a list of sessions, each a list of item ids. "
            f"Received: the string {session!r} as a session. Did you mean [[{session!r}]]?"
        )
    items = catalog.encode(session)
    return items[items > 0]


def _known(catalog: Catalog, item_ids: Iterable[Any]) -> np.ndarray:
    """Columns of the known ids."""
    items = catalog.encode(item_ids)
    return items[items > 0] - 1
