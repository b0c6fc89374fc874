"""From lists of raw ids to lists of recommendations."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_sessrec.batches.dataset import check_counts
from keras_sessrec.catalog import Scorer
from keras_sessrec.ops.padding import SCORES_AT_ONCE, chunks_by_length, padded_rows
from keras_sessrec.ops.selection import check_k, top_k


def recommend(
    scorer: Scorer,
    sessions: Iterable[Iterable[Any]],
    k: int = 20,
    exclude_seen: bool = False,
    exclude: Iterable[Any] | None = None,
    candidates: Iterable[Any] | None = None,
    max_length: int | None = None,
) -> list[list[tuple[Any, float]]]:
    """Recommends the next items of sessions; see `SessionRecommender.recommend`."""
    k, catalog = check_k(k), scorer.catalog
    if max_length is not None:
        check_counts(max_length=max_length)
    encoded, unknown = catalog.encode_sessions(sessions)
    if unknown:
        warnings.warn(
            f"{unknown} of {len(encoded)} sessions hold no item of the catalog, whose ids are like "
            f"{catalog.item_ids.tolist()[0]!r}: they are answered with the most popular items, "
            "and their scores are the items' counts.",
            stacklevel=3,
        )
    allowed = np.ones(catalog.num_items, bool)
    if candidates is not None:
        known = catalog.encode_known(candidates, "candidates")
        if not len(known):
            warnings.warn(
                "`candidates` hold no item of the catalog, whose ids are like "
                f"{catalog.item_ids.tolist()[0]!r}: nothing is recommended.",
                stacklevel=3,
            )
        allowed[:] = False
        allowed[known - 1] = True
    if exclude is not None:
        allowed[catalog.encode_known(exclude, "exclude") - 1] = False
    k = min(k, catalog.num_items)
    answers: list[list[tuple[Any, float]]] = [[] for _ in encoded]
    read = encoded if max_length is None else [session[-max_length:] for session in encoded]
    lengths = np.array([len(session) for session in read], np.int64)
    for rows in chunks_by_length(lengths, max(1, SCORES_AT_ONCE // catalog.num_items)):
        scores = np.asarray(scorer.score(padded_rows([read[session] for session in rows])))
        if np.isnan(scores).any():
            raise ValueError(
                "The scores are NaN: the model has diverged. Train it anew with a lower learning "
                "rate, or load earlier weights."
            )
        scores = np.where(allowed, scores, -np.inf)
        if exclude_seen:
            seen = padded_rows([encoded[session] for session in rows])
            where, step = np.nonzero(seen)
            scores[where, seen[where, step] - 1] = -np.inf
        best, columns = (np.asarray(part) for part in top_k(scores, k))
        for row, session in enumerate(rows):
            kept = np.isfinite(best[row])
            ids = catalog.decode(columns[row][kept] + 1).tolist()
            answers[session] = list(zip(ids, best[row][kept].tolist(), strict=True))
    return answers
