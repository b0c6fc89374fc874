"""The index of sessions behind VS-kNN, STAN and VSTAN."""

from __future__ import annotations

import numpy as np
import pytest

from harness.scorer import log_of
from keras_sessrec.baselines.neighbours import SessionNeighbours
from keras_sessrec.catalog.catalog import Catalog


class Plain(SessionNeighbours):
    """Every event and every match counts the same, but for events before the last two: nothing."""

    def _event_weights(self, steps, lengths):
        return (steps <= 2).astype(float)

    def _match_weights(self, steps):
        return np.ones(len(steps))


def votes(baseline: SessionNeighbours, row: list[int]) -> list[float]:
    """Votes without their order: whole numbers here."""
    return np.floor(np.maximum(baseline.score(np.array([row]))[0], 0)).tolist()


def test_the_index_keeps_as_many_sessions_of_an_item_as_a_sample_can_hold() -> None:
    log = log_of([["a", "b"]] * 9 + [["b", "c"]] * 2)
    plain = Plain(k=5, sample_size=3).fit(log, Catalog(["a", "b", "c"]))
    # b is in 11 sessions: the newest three are b c, b c and the last a b.
    assert votes(plain, [2]) == [1, 3, 2]
    assert votes(plain, [3]) == [0, 2, 2]
    assert votes(plain, [1]) == [3, 3, 0]


def test_whoever_shares_only_what_counts_nothing_is_no_candidate() -> None:
    log = log_of([["a", "b"], ["c", "d"]])
    plain = Plain(k=5, sample_size=5).fit(log, Catalog(["a", "b", "c", "d", "e"]))
    assert votes(plain, [1, 3, 5]) == [0, 0, 1, 1, 0]


def test_similarity_comes_before_recency_in_the_choice_of_neighbours() -> None:
    log = log_of([["a", "b", "x"], ["a", "y"], ["b", "z"]])
    plain = Plain(k=1, sample_size=9).fit(log, Catalog(["a", "b", "x", "y", "z"]))
    assert votes(plain, [1, 2]) == [2, 2, 2, 0, 0]
    # Of equally similar ones the newest: b z, not a b x.
    assert votes(plain, [2]) == [0, 1, 0, 0, 1]


def test_decay_by_time_can_turn_the_choice() -> None:
    log = log_of([["a", "b", "x"], ["a", "y"]])  # last events at 2 and 4
    catalog = Catalog(["a", "b", "x", "y"])
    # Twice as similar; within one time of decay it is exp(-2), less than half.
    assert votes(Plain(1, 9, recency_decay=1.0).fit(log, catalog), [1, 2]) == [1, 0, 0, 1]
    assert Plain(1, 9, recency_decay=9.0).fit(log, catalog).score(np.array([[1, 2]]))[0, 2] > 1


@pytest.mark.parametrize("name", ["recency_decay", "neighbour_decay"])
def test_scales_must_be_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}`.*Received: 0"):
        Plain(1, 1, **{name: 0})
