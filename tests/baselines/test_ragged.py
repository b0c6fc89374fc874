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


def test_from_owners_restores_empty_rows() -> None:
    made = Ragged.from_owners(np.array([4, 5, 6]), np.array([1, 1, 3]), num_rows=5)
    assert lists(made) == [[], [4, 5], [], [6], []]


def test_spans_follow_the_asked_order_and_repeat(ragged: Ragged) -> None:
    positions, owners = ragged.spans(np.array([3, 1, 0, 3]))
    assert positions.tolist() == [4, 5, 0, 1, 2, 4, 5]
    assert owners.tolist() == [0, 0, 2, 2, 2, 3, 3]


def test_spans_of_nothing(ragged: Ragged) -> None:
    positions, owners = ragged.spans(np.array([], int))
    assert not len(positions)
    assert not len(owners)


def test_select_and_slice(ragged: Ragged) -> None:
    assert lists(ragged.select(np.array([3, 0, 1]))) == [LISTS[3], LISTS[0], LISTS[1]]
    assert lists(ragged.slice(1, 4)) == LISTS[1:]


def test_invert_lists_the_rows_of_each_value(ragged: Ragged) -> None:
    inverted = ragged.invert(num_values=11)
    assert lists(inverted) == [[3], *[[]] * 6, [0, 0], [0, 3], [2], []]


def test_distinct_is_sorted(ragged: Ragged) -> None:
    assert lists(ragged.distinct(num_values=10, max_length=9)) == [[7, 8], [], [9], [0, 8]]


def test_distinct_keeps_the_end_of_a_long_row() -> None:
    row = Ragged(np.array([1, 2, 3, 2]), np.array([0, 4]))
    assert lists(row.distinct(num_values=5, max_length=3)) == [[2, 3]]
    assert lists(row.distinct(num_values=5, max_length=1)) == [[2]]


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
