"""The base of the baselines: what a child gets to see, and how ties are ordered."""

from __future__ import annotations

import numpy as np

from harness.scorer import log_of, pad, run_scorer_test
from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.catalog.catalog import Catalog


class Recorder(Baseline):
    """Remembers what it was given; scores are the popularity order."""

    def _fit(self, sessions, log) -> None:
        self.sessions = sessions
        self.num_sessions = log.num_sessions

    def _score(self, prefixes) -> np.ndarray:
        self.prefixes = prefixes
        return np.tile(self._popularity_order(), (len(prefixes), 1))


def test_contract() -> None:
    run_scorer_test(Recorder)


def test_fit_passes_columns_of_known_items_and_keeps_empty_sessions() -> None:
    recorder = Recorder().fit(log_of([[30, 10], [99], [20, 99, 30]]), Catalog([10, 20, 30]))
    assert recorder.sessions.values.tolist() == [2, 0, 1, 2]
    assert recorder.sessions.offsets.tolist() == [0, 2, 2, 4]
    assert len(recorder.sessions) == recorder.num_sessions
    assert recorder.popularity.tolist() == [1, 1, 2]


def test_popularity_counts_the_log_not_the_catalog() -> None:
    recorder = Recorder().fit(log_of([[10, 10, 20]]), Catalog([10, 20], counts=[1, 9]))
    assert recorder.score(np.array([[0]])).tolist() == [[2, 1]]


def test_score_passes_only_rows_with_items() -> None:
    recorder = Recorder().fit(log_of([[10, 20]]), Catalog([10, 20]))
    recorder.score(pad([[], [2, 1], [], [1]], width=3))
    assert recorder.prefixes.values.tolist() == [1, 0, 0]
    assert recorder.prefixes.offsets.tolist() == [0, 2, 3]


def test_popularity_order_keeps_ties_and_stays_exact_beside_large_counts() -> None:
    # Popularities 3, 1, 3, 0, 2: the distinct ones are 0, 1, 2, 3 -> places 0..3 of 4.
    log = log_of([[10, 10, 10, 20, 30, 30, 30, 50, 50]])
    order = Recorder().fit(log, Catalog([10, 20, 30, 40, 50]))._popularity_order()
    assert order.tolist() == [0.75, 0.25, 0.75, 0.0, 0.5]
    assert len(np.unique(order + np.float32(1000))) == 4
