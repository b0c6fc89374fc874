"""VS-kNN against an example by hand and a plain-Python version over sets."""

from __future__ import annotations

import numpy as np
import pytest

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import SessionKNN, session_knn
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog

CATALOG = Catalog(["a", "b", "c", "d", "e"])
# Oldest first.
SESSIONS = [["a", "d"], ["a", "b", "e"], ["c", "d"], ["b", "c", "c"], ["e"]]


def plain_votes(
    sessions: list[list[int]], prefix: list[int], k: int, sample_size: int
) -> dict[int, float]:
    """The paper's four steps for one prefix of raw ids; `sessions` oldest first."""
    place = {raw_id: p for p, raw_id in enumerate(prefix, start=1)}
    sample = [s for s in reversed(sessions) if place.keys() & set(s)][:sample_size]
    similar = [(sum(place[i] for i in place.keys() & set(s)) / len(prefix), s) for s in sample]
    neighbours = sorted(similar, key=lambda pair: -pair[0])[:k]
    votes: dict[int, float] = {}
    for similarity, session in neighbours:
        step = next(n for n, i in enumerate(reversed(prefix), start=1) if i in session)
        for raw_id in set(session):
            votes[raw_id] = votes.get(raw_id, 0) + similarity / step
    return votes


@pytest.mark.parametrize("make", [SessionKNN, lambda: SessionKNN(k=3, sample_size=5)])
def test_contract(make) -> None:
    run_scorer_test(make)


def test_votes_by_hand() -> None:
    # Session a c: vector a 1/2, c 2/2.
    #   a d    similarity 1/2, newest shared item a, 2nd from the end: weight 1/2 * 1/2 = 1/4
    #   a b e  the same                                                              1/4
    #   c d    similarity 1, newest shared item c, 1st from the end:                 1
    #   b c c  the same (c counts once)                                              1
    #   e      shares nothing
    # a: 1/4 + 1/4   b: 1/4 + 1   c: 1 + 1   d: 1/4 + 1   e: 1/4
    scores = SessionKNN().fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    np.testing.assert_allclose(scores, [[0.5, 1.25, 2, 1.25, 0.25]], rtol=1e-6)


def test_k_keeps_the_most_similar_then_the_newest() -> None:
    # Best three: b c c and c d (1 each), then a b e, which is newer than the equally similar a d.
    scores = SessionKNN(k=3).fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    np.testing.assert_allclose(scores, [[0.25, 1.25, 2, 1, 0.25]], rtol=1e-6)


def test_sample_is_the_newest_sessions_that_share_an_item() -> None:
    # The two newest that share an item with a c are b c c and c d.
    scores = SessionKNN(sample_size=2).fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    np.testing.assert_allclose(scores[0, 1:4], [1, 2, 1], rtol=1e-6)
    # a and e get no vote: popularity orders them (both have 2 events) below all others.
    assert scores[0, 0] == scores[0, 4] < 0


def test_a_repeated_item_stands_at_its_last_event() -> None:
    # Session a c a: a 3/3 (not 1/3), c 2/3. a d and a b e: 1 / 1; c d and b c c: (2/3) / 2 = 1/3.
    scores = SessionKNN().fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3, 1]]))
    np.testing.assert_allclose(scores, [[2, 4 / 3, 2 / 3, 4 / 3, 1]], rtol=1e-6)


def test_recency_is_the_time_of_the_last_event() -> None:
    # Session 1 starts first and ends last, so it is the newest.
    log = SessionLog.from_arrays(
        session_codes=np.array([0, 1, 1, 0]),
        item_codes=np.array([0, 0, 1, 2]),
        timestamps=np.array([0, 1, 2, 3]),
        session_ids=np.array([1, 2]),
        item_ids=np.array(["a", "b", "c"], dtype=object),
    )
    scores = SessionKNN(sample_size=1).fit(log, Catalog(["a", "b", "c"])).score(np.array([[1]]))
    assert (scores[0] > 0).tolist() == [True, False, True]


@pytest.mark.parametrize("entries_per_block", [1, 500, 1_000_000])
@pytest.mark.parametrize(("k", "sample_size"), [(100, 1000), (7, 20), (20, 7), (1, 1)])
def test_equals_plain_python(monkeypatch, entries_per_block: int, k: int, sample_size: int) -> None:
    monkeypatch.setattr(session_knn, "ENTRIES_PER_BLOCK", entries_per_block)
    sessions = random_sessions(seed=6, num_sessions=120, num_items=15)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    prefixes = random_sessions(seed=7, num_sessions=40, num_items=15)
    prefixes = [[i for i in p if i in catalog] for p in prefixes]
    scores = (
        SessionKNN(k=k, sample_size=sample_size)
        .fit(log, catalog)
        .score(pad([catalog.encode(p) for p in prefixes], width=8))
    )
    for prefix, row in zip(prefixes, scores, strict=True):
        votes = plain_votes(sessions, prefix, k, sample_size)
        expected = [votes.get(raw_id, 0) for raw_id in catalog.item_ids.tolist()]
        np.testing.assert_allclose(np.maximum(row, 0), expected, rtol=1e-5)


def test_of_an_overlong_session_the_end_counts(monkeypatch) -> None:
    monkeypatch.setattr(session_knn, "MAX_SESSION_LENGTH", 2)
    scores = (
        SessionKNN()
        .fit(log_of([["a", "b", "c"]]), Catalog(["a", "b", "c"]))
        .score(np.array([[1], [2]]))
    )
    assert (scores > 0).tolist() == [[False] * 3, [False, True, True]]


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match=r"`k`.*Received: 0"):
        SessionKNN(k=0)
    with pytest.raises(ValueError, match=r"`sample_size`.*Received: 0"):
        SessionKNN(sample_size=0)
