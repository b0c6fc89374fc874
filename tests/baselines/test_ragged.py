"""Ragged against plain lists."""

from __future__ import annotations

import numpy as np
import pytest

from keras_sessrec.baselines.ragged import Ragged, blocks, rank_in_group

LISTS = [[7, 8, 7], [], [9], [0, 8]]


@pytest.fixture
def ragged() -> Ragged:
    return Ragged(np.array([7, 8, 7, 9, 0, 8]), np.array([0, 3, 3, 4, 6]))


def lists(ragged: Ragged) -> list[list[int]]:
    return [part.tolist() for part in np.split(ragged.values, ragged.offsets[1:-1])]


def test_lengths_and_owners(ragged: Ragged) -> None:
    assert len(ragged) == 4
    assert ragged.lengths.tolist() == [3, 0, 1, 2]
    assert ragged.owners.tolist() == [0, 0, 0, 2, 3, 3]


def test_slice_and_last(ragged: Ragged) -> None:
    assert lists(ragged.slice(1, 4)) == LISTS[1:]
    assert ragged.slice(2, 4).last.tolist() == [9, 8]


def test_sets_hold_a_value_once(ragged: Ragged) -> None:
    sets = ragged.sets(num_values=10, max_length=9).toarray()
    assert [row.nonzero()[0].tolist() for row in sets] == [[7, 8], [], [9], [0, 8]]
    assert sets.max() == 1


def test_sets_are_of_the_end_of_a_long_row() -> None:
    row = Ragged(np.array([1, 2, 3, 2]), np.array([0, 4]))
    assert row.sets(num_values=5, max_length=3).toarray().tolist() == [[0, 0, 1, 1, 0]]
    assert row.sets(num_values=5, max_length=1).toarray().tolist() == [[0, 0, 1, 0, 0]]


def test_places_are_those_of_the_last_occurrence(ragged: Ragged) -> None:
    places = ragged.places(num_values=10).toarray()
    assert places[:, [0, 7, 8, 9]].tolist() == [[0, 3, 2, 0], [0] * 4, [0, 0, 0, 1], [1, 0, 2, 0]]
    assert places.sum() == 9
    # Of the end of a row only, and counted from the row's own beginning.
    assert ragged.places(num_values=10, max_length=1).toarray()[0].nonzero()[0].tolist() == [7]
    assert ragged.places(num_values=10, max_length=1).max() == 3


def test_rank_in_group() -> None:
    assert rank_in_group(np.array([0, 0, 0, 2, 5, 5])).tolist() == [0, 1, 2, 0, 0, 1]
    assert rank_in_group(np.array([], int)).tolist() == []


def test_blocks_cover_the_range_once_within_the_limit() -> None:
    costs = np.array([3, 3, 50, 1, 1, 1, 0, 9, 2])
    pieces = list(blocks(costs, limit=10))
    assert [start for start, _ in pieces] == [0, *[stop for _, stop in pieces[:-1]]]
    assert pieces[-1][1] == len(costs)
    for start, stop in pieces:
        assert start < stop
        assert costs[start + 1 : stop].sum() < 10
    assert list(blocks(np.array([]), limit=10)) == []
