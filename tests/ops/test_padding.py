"""Rows of different lengths as one rectangle."""

import numpy as np
import pytest

from keras_sessrec.ops import padding
from keras_sessrec.ops.padding import chunks_by_length, padded, padded_rows


def test_stretches_of_an_array():
    values = np.arange(10, 20)
    rows = padded(values, begins=[0, 7, 3], lengths=[3, 0, 2], width=4)
    assert rows.tolist() == [[10, 11, 12, 0], [0] * 4, [13, 14, 0, 0]] and rows.dtype == np.int32
    assert padded(values, [9], [1], width=3).tolist() == [[19, 0, 0]]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([], []), ([[]], [[0]]), ([[5], [6, 7]], [[5, 0], [6, 7]]), ([[], [8]], [[0], [8]])],
)
def test_lists(rows, expected):
    assert padded_rows(rows).tolist() == expected
    assert padded_rows(rows, width=3).shape == (len(rows), 3)


def test_chunks_hold_every_row_once_in_bounded_size(monkeypatch):
    monkeypatch.setattr(padding, "EVENTS_AT_ONCE", 100)
    lengths = np.random.default_rng(0).integers(0, 60, 200)
    chunks = list(chunks_by_length(lengths, most_rows=7))
    assert sorted(np.concatenate(chunks).tolist()) == list(range(200))
    for rows in chunks:
        assert len(rows) <= 7
        assert len(rows) == 1 or len(rows) * lengths[rows].max() <= 100
    longest = [lengths[rows].max() for rows in chunks]
    assert longest == sorted(longest, reverse=True)
    assert list(chunks_by_length(np.zeros(0, int), 5)) == []
