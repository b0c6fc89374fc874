"""POP against counts made by hand."""

from __future__ import annotations

import numpy as np

from harness.scorer import log_of, pad, run_scorer_test
from keras_sessrec.baselines import Popularity
from keras_sessrec.catalog.catalog import Catalog


def test_contract() -> None:
    run_scorer_test(Popularity)


def test_scores_are_event_counts_whatever_the_session() -> None:
    # Events: a c | c b c | c a   ->  a 2, b 1, c 4
    log = log_of([["a", "c"], ["c", "b", "c"], ["c", "a"]])
    scores = Popularity().fit(log, Catalog(["a", "b", "c"])).score(pad([[1], [2, 3]], width=2))
    assert scores.tolist() == [[2, 1, 4], [2, 1, 4]]


def test_counts_of_a_large_log_stay_apart() -> None:
    log = log_of([[1] * 100_001 + [2] * 100_000])
    scores = Popularity().fit(log, Catalog([2, 1])).score(np.array([[1]]))
    assert scores.tolist() == [[100_000, 100_001]]
