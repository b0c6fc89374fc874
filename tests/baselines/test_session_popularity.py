"""S-POP against an example by hand."""

from __future__ import annotations

import numpy as np

from harness.scorer import log_of, pad, run_scorer_test
from keras_sessrec.baselines import SessionPopularity
from keras_sessrec.catalog.catalog import Catalog

# Popularity: a 1, b 2, c 3, d 3, e 2. Distinct: 1, 2, 3 -> ties a 0, b 1/3, c 2/3, d 2/3, e 1/3.
LOG = [["a", "b", "c"], ["b", "c", "d"], ["c", "d", "d", "e", "e"]]
CATALOG = ["a", "b", "c", "d", "e"]


def test_contract() -> None:
    run_scorer_test(SessionPopularity)


def test_counts_in_the_session_then_global_popularity() -> None:
    baseline = SessionPopularity().fit(log_of(LOG), Catalog(CATALOG))
    # Session a b a: a twice, b once, the others by popularity alone.
    # Session b a: one event each; b is more popular.
    scores = baseline.score(pad([[1, 2, 1], [2, 1]], width=4))
    np.testing.assert_allclose(
        scores, [[2, 4 / 3, 2 / 3, 2 / 3, 1 / 3], [1, 4 / 3, 2 / 3, 2 / 3, 1 / 3]], rtol=1e-6
    )
    assert (-scores[0]).argsort(kind="stable").tolist() == [0, 1, 2, 3, 4]
    assert (-scores[1]).argsort(kind="stable").tolist() == [1, 0, 2, 3, 4]


def test_popularity_never_outweighs_an_event() -> None:
    log = log_of([["a"], ["b"] * 1000])
    scores = SessionPopularity().fit(log, Catalog(["a", "b"])).score(np.array([[1, 2, 1]]))
    assert scores[0, 0] > scores[0, 1]
