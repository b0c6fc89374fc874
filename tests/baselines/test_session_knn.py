"""VS-kNN against examples by hand and a plain-Python version over sets."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import SessionKNN, neighbours
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from reference.neighbours import neighbour_votes, ordered

CATALOG = Catalog(["a", "b", "c", "d", "e"])
# Oldest first. Events: c 3, all others 2; so c has the place 1/2 among popularities, the others 0,
# and of c's votes there is half a thousandth more.
SESSIONS = [["a", "d"], ["a", "b", "e"], ["c", "d"], ["b", "c", "c"], ["e"]]


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
    np.testing.assert_allclose(scores, [[0.5, 1.25, 2 * 1.0005, 1.25, 0.25]], rtol=1e-6)


def test_k_keeps_the_most_similar_then_the_newest() -> None:
    # Best three: b c c and c d (1 each), then a b e, which is newer than the equally similar a d.
    scores = SessionKNN(k=3).fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    np.testing.assert_allclose(scores, [[0.25, 1.25, 2 * 1.0005, 1, 0.25]], rtol=1e-6)


def test_sample_is_the_newest_sessions_that_share_an_item() -> None:
    # The two newest that share an item with a c are b c c and c d.
    scores = SessionKNN(sample_size=2).fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    np.testing.assert_allclose(scores[0, 1:4], [1, 2 * 1.0005, 1], rtol=1e-6)
    # a and e get no vote: popularity orders them (both have 2 events) below all others.
    assert scores[0, 0] == scores[0, 4] < 0


def test_a_repeated_item_stands_at_its_last_event() -> None:
    # Session a c a: a 3/3 (not 1/3), c 2/3. a d and a b e: 1 / 1; c d and b c c: (2/3) / 2 = 1/3.
    scores = SessionKNN().fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3, 1]]))
    np.testing.assert_allclose(scores, [[2, 4 / 3, 2 / 3 * 1.0005, 4 / 3, 1]], rtol=1e-6)


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


def test_equal_votes_go_by_popularity() -> None:
    # b and d: one vote each; b is clicked three times, d once.
    log = log_of([["a", "b"], ["a", "d"], ["b"], ["b"]])
    scores = SessionKNN().fit(log, Catalog(["a", "b", "d"])).score(np.array([[1]]))[0]
    assert scores[0] > scores[1] > scores[2] > 0


def test_weightings_by_hand() -> None:
    # Session a c with quadratic decays: vector a (1/2)^2 = 1/4, c 1; by cosine each candidate is
    # divided by the root of its size.
    #   a d    1/4 / sqrt(2), matched at the 2nd from the end: times 1/4
    #   a b e  1/4 / sqrt(3), the same
    #   c d    1 / sqrt(2)       b c c  1 / sqrt(2)
    root2, root3 = math.sqrt(2), math.sqrt(3)
    knn = SessionKNN(similarity="cosine", weighting="quadratic", weighting_score="quadratic")
    scores = knn.fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    a_d, a_b_e = 1 / 16 / root2, 1 / 16 / root3
    expected = [a_d + a_b_e, a_b_e + 1 / root2, 2 / root2 * 1.0005, a_d + 1 / root2, a_b_e]
    np.testing.assert_allclose(scores, [expected], rtol=1e-6)


def test_idf_by_hand() -> None:
    # Of 4 sessions a is in 2, b in 1, c in 3: idf ln 2, ln 4, ln 4/3. After a: a 2 votes, b 1, c 1.
    # Events: a 2, b 1, c 3; places among popularities 1/3, 0, 2/3.
    log = log_of([["a", "b"], ["a", "c"], ["c"], ["c"]])
    knn = SessionKNN(idf_weighting=2.0).fit(log, Catalog(["a", "b", "c"]))
    expected = [
        2 * (1 + 2 * math.log(2)) * (1 + 1 / 3000),
        1 + 2 * math.log(4),
        (1 + 2 * math.log(4 / 3)) * (1 + 2 / 3000),
    ]
    np.testing.assert_allclose(knn.score(np.array([[1]])), [expected], rtol=1e-6)


# By the table of the class, p-th of n events and s-th from the end.
EVENT = {
    "same": lambda p, n: 1,
    "div": lambda p, n: p / n,
    "linear": lambda p, n: max(0, 1 - (n - p) / 10),
    "quadratic": lambda p, n: (p / n) ** 2,
    "log": lambda p, n: 1 / math.log2(n - p + 2),
}
MATCH = {
    "same": lambda s: 1,
    "div": lambda s: 1 / s,
    "linear": lambda s: max(0, 1 - (s - 1) / 10),
    "quadratic": lambda s: 1 / s**2,
    "log": lambda s: 1 / math.log2(s + 1),
}


@pytest.mark.parametrize("entries_per_block", [1, 500, 1_000_000])
@pytest.mark.parametrize(
    ("k", "sample_size", "weighting", "weighting_score", "similarity", "idf_weighting"),
    [
        (100, 1000, "div", "div", "dot", 0),
        (7, 20, "quadratic", "log", "cosine", 0.5),
        (20, 7, "log", "quadratic", "dot", 2),
        (1, 1, "same", "same", "cosine", 0),
        (9, 30, "linear", "linear", "dot", 1),
    ],
)
def test_equals_plain_python(
    monkeypatch,
    entries_per_block: int,
    k: int,
    sample_size: int,
    weighting: str,
    weighting_score: str,
    similarity: str,
    idf_weighting: float,
) -> None:
    monkeypatch.setattr(neighbours, "ENTRIES_PER_BLOCK", entries_per_block)
    sessions = random_sessions(seed=6, num_sessions=120, num_items=15)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    prefixes = random_sessions(seed=7, num_sessions=40, num_items=15)
    # Longer than linear decays reach.
    prefixes = [
        [i for i in p + q if i in catalog] for p, q in zip(prefixes, prefixes[::-1], strict=True)
    ]
    knn = SessionKNN(
        k,
        sample_size,
        similarity=similarity,
        weighting=weighting,
        weighting_score=weighting_score,
        idf_weighting=idf_weighting,
    ).fit(log, catalog)
    scores = knn.score(pad([catalog.encode(p) for p in prefixes], width=16))
    for prefix, row in zip(prefixes, scores, strict=True):
        votes = neighbour_votes(
            sessions,
            range(len(sessions)),
            prefix,
            k,
            sample_size,
            EVENT[weighting],
            MATCH[weighting_score],
            cosine=similarity == "cosine",
            idf_weighting=idf_weighting,
        )
        expected = ordered(votes, sessions, catalog.item_ids.tolist())
        np.testing.assert_allclose(row, expected, rtol=1e-5)


def test_a_random_sample_is_the_seeds_and_not_the_newest() -> None:
    # Ten sessions of a and another item each: a sample of three shows which they are.
    items = list("bcdefghijk")
    log, catalog = log_of([["a", item] for item in items]), Catalog(["a", *items])

    def sampled(**arguments) -> list[int]:
        knn = SessionKNN(sample_size=3, **arguments).fit(log, catalog)
        return np.flatnonzero(knn.score(np.array([[1]]))[0, 1:] > 0).tolist()

    assert sampled() == [7, 8, 9]
    draws = [sampled(sampling="random", seed=seed) for seed in range(5)]
    assert all(len(draw) == 3 for draw in draws)
    assert len({tuple(draw) for draw in draws}) > 1
    assert draws[2] == sampled(sampling="random", seed=2)


def test_of_an_overlong_session_the_end_counts(monkeypatch) -> None:
    monkeypatch.setattr(neighbours, "MAX_SESSION_LENGTH", 2)
    scores = (
        SessionKNN()
        .fit(log_of([["a", "b", "c"]]), Catalog(["a", "b", "c"]))
        .score(np.array([[1], [2]]))
    )
    assert (scores > 0).tolist() == [[False] * 3, [False, True, True]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", 0),
        ("sample_size", 0),
        ("sampling", "newest"),
        ("similarity", "jaccard"),
        ("weighting", "cubic"),
        ("weighting_score", "cubic"),
        ("idf_weighting", -1),
    ],
)
def test_arguments_are_checked(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {value!r}"):
        SessionKNN(**{name: value})
