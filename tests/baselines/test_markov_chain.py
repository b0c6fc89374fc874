"""First-order Markov against transitions counted by hand."""

from __future__ import annotations

import itertools

import numpy as np

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import MarkovChain
from keras_sessrec.catalog.catalog import Catalog


def test_contract() -> None:
    run_scorer_test(MarkovChain)


def test_transition_counts_with_popularity_for_ties() -> None:
    # Transitions: a>b, b>a, a>b | a>c | d>d, d>a | d.  None crosses from one session to the next.
    # After a: b 2, c 1.   After d: d 1, a 1.   After c: nothing.
    # Popularity a 4, b 2, c 1, d 3: ties a 3/4, b 1/4, c 0, d 2/4.
    log = log_of([["a", "b", "a", "b"], ["a", "c"], ["d", "d", "a"], ["d"]])
    baseline = MarkovChain().fit(log, Catalog(["a", "b", "c", "d"]))
    scores = baseline.score(pad([[1], [4], [3]], width=1))
    assert scores.tolist() == [[0.75, 2.25, 1, 0.5], [1.75, 0.25, 0, 1.5], [0.75, 0.25, 0, 0.5]]


def test_only_the_last_item_counts() -> None:
    log = log_of(random_sessions(seed=3, num_sessions=50, num_items=6))
    baseline = MarkovChain().fit(log, Catalog.from_log(log))
    scores = baseline.score(pad([[2], [5, 1, 2], [2, 2]], width=3))
    np.testing.assert_array_equal(scores, np.tile(scores[:1], (3, 1)))


def test_equals_a_count_over_pairs_of_events() -> None:
    sessions = random_sessions(seed=4, num_sessions=200, num_items=15)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    expected = np.zeros((len(catalog), len(catalog)))
    for session in sessions:
        items = catalog.encode(session) - 1
        for item, next_item in itertools.pairwise(items):
            expected[item, next_item] += 1
    scores = MarkovChain().fit(log, catalog).score(np.arange(1, len(catalog) + 1)[:, None])
    np.testing.assert_array_equal(np.floor(scores), expected)


def test_learns_a_cycle() -> None:
    # Item i is always followed by i + 1, the last one by the first.
    log = log_of([[(start + step) % 9 + 1 for step in range(4)] for start in range(9)])
    catalog = Catalog(range(1, 10))
    scores = MarkovChain().fit(log, catalog).score(np.arange(1, 10)[:, None])
    assert (scores.argmax(axis=1) + 1).tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 1]
