"""The contract of everything that is fitted to a log and scores sessions, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog


def log_of(sessions: Sequence[Sequence[Any]], seconds: Sequence[int] | None = None) -> SessionLog:
    """Makes a log of sessions of raw item ids; one event a second, session after session.

    `seconds` are other times of the events.
    """
    item_ids, item_codes = np.unique([i for s in sessions for i in s], return_inverse=True)
    return SessionLog.from_arrays(
        session_codes=np.repeat(np.arange(len(sessions)), [len(s) for s in sessions]),
        item_codes=item_codes,
        timestamps=np.arange(len(item_codes)) if seconds is None else np.asarray(seconds),
        session_ids=np.arange(len(sessions)) + 1,
        item_ids=item_ids,
    )


def random_sessions(seed: int, num_sessions: int, num_items: int) -> list[list[int]]:
    """Sessions of 1 to 8 events of the raw ids 100.. with very different frequencies."""
    rng = np.random.default_rng(seed)
    frequencies = 1 / np.arange(1, num_items + 1)
    return [
        (100 + rng.choice(num_items, size=n, p=frequencies / frequencies.sum())).tolist()
        for n in rng.integers(1, 9, size=num_sessions)
    ]


def pad(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    """Makes the int32 `[rows, width]` input of `score`."""
    items = np.zeros((len(rows), width), np.int32)
    for row, content in zip(items, rows, strict=True):
        row[: len(content)] = content
    return items


def run_scorer_test(make_scorer: Callable[[], Any]) -> None:
    """Checks the contract of a scorer: `fit(log, catalog)` and `score(items)`.

    Args:
        make_scorer: Makes a scorer that is not fitted. Every call must make an
            equal one.
    """
    sessions = random_sessions(seed=1, num_sessions=80, num_items=12)
    # The catalog is not in order of popularity, and item 13 has no training event.
    ids = [*np.random.default_rng(2).permutation(np.arange(100, 112)).tolist(), 999]
    catalog = Catalog(ids)
    rows = [[3], [5, 3], [1, 2, 3, 4], [], [7, 7, 7], [13], [2, 13, 2, 9, 4, 11], [6, 1], [12]]
    items = pad(rows, width=6)
    popularity = [sum(s.count(i) for s in sessions) for i in ids]

    with pytest.raises(RuntimeError, match="fit"):
        make_scorer().score(items)
    scorer = make_scorer()
    assert scorer.fit(log_of(sessions), catalog) is scorer

    before = items.copy()
    scores = scorer.score(items)
    np.testing.assert_array_equal(items, before)
    assert scores.shape == (len(rows), len(ids))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[rows.index([])], popularity)
    np.testing.assert_array_equal(scorer.score(items), scores, "scoring changed the scorer")

    _check_rows_are_independent(scorer, items, scores)
    _check_fit_is_deterministic(make_scorer, scorer, sessions, catalog, items, scores)
    _check_bad_input(make_scorer, scorer, catalog)


def _check_rows_are_independent(scorer: Any, items: np.ndarray, scores: np.ndarray) -> None:
    def agrees(other_items: np.ndarray, expected: np.ndarray) -> None:
        np.testing.assert_allclose(scorer.score(other_items), expected, rtol=1e-5, atol=1e-6)

    for row in range(len(items)):
        agrees(items[row : row + 1], scores[row : row + 1])
    agrees(items[::-1], scores[::-1])
    agrees(np.pad(items, ((0, 0), (0, 5))), scores)
    # An unknown item within a session is skipped.
    spread = np.zeros((len(items), 12), np.int32)
    spread[:, 1::2] = items
    agrees(spread, scores)
    agrees(items.astype(np.int64), scores)
    num_items = scores.shape[1]
    assert scorer.score(np.zeros((0, 3), np.int32)).shape == (0, num_items)
    empty = scorer.score(np.zeros((2, 0), np.int32))
    np.testing.assert_array_equal(empty, scorer.score(np.zeros((2, 1), np.int32)))


def _check_fit_is_deterministic(
    make_scorer: Callable[[], Any],
    scorer: Any,
    sessions: list[list[int]],
    catalog: Catalog,
    items: np.ndarray,
    scores: np.ndarray,
) -> None:
    again = make_scorer().fit(log_of(sessions), catalog)
    np.testing.assert_array_equal(again.score(items), scores)
    scorer.fit(log_of(sessions[:20]), catalog).fit(log_of(sessions), catalog)
    np.testing.assert_array_equal(scorer.score(items), scores, "an earlier fit left a trace")
    # Events of items outside the catalog are spliced out of their sessions.
    spliced = [[raw_id for known in session for raw_id in (known, 555)] for session in sessions]
    seconds = np.repeat(np.arange(sum(map(len, sessions))), 2)  # those of the known ones stay
    with_unknown = make_scorer().fit(log_of(spliced, seconds), catalog)
    np.testing.assert_array_equal(with_unknown.score(items), scores)


def _check_bad_input(make_scorer: Callable[[], Any], scorer: Any, catalog: Catalog) -> None:
    with pytest.raises(ValueError, match=r"`items`.*0\.\.13.*Received.*14"):
        scorer.score(np.array([[1, 14]]))
    with pytest.raises(ValueError, match=r"`items`.*Received.*-1"):
        scorer.score(np.array([[-1]]))
    with pytest.raises(ValueError, match=r"`items`.*\[rows, steps\]"):
        scorer.score(np.array([1, 2]))
    with pytest.raises(ValueError, match=r"`items`.*float"):
        scorer.score(np.array([[1.0]]))
    with pytest.raises(ValueError, match="`log`"):
        make_scorer().fit(log_of([[555, 556]]), catalog)
