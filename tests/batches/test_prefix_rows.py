"""Training sequences, numbered and made when asked for."""

from collections import Counter

import numpy as np
import pytest

from keras_sessrec.batches.prefix_rows import PrefixRows
from reference import prefixes as reference

MAX_LENGTH = 4


@pytest.fixture(scope="module")
def sessions():
    rng = np.random.default_rng(3)
    lengths = [0, 1, 2, 3, 5, 6, 11, *rng.integers(0, 13, 40)]
    return [rng.integers(1, 50, length).tolist() for length in lengths]


def rows_of(sessions, form):
    items = np.concatenate(sessions).astype(np.int32)
    offsets = np.cumsum([0, *map(len, sessions)])
    return PrefixRows(items, offsets, form, MAX_LENGTH)


def unpadded(row):
    known = row > 0
    assert known[: known.sum()].all(), "padding comes last"
    return tuple(row[known].tolist())


def test_prefixes_are_the_papers(sessions):
    rows = rows_of(sessions, "prefixes")
    items, targets = rows.read(np.arange(rows.num_rows), width=6)
    found = [(unpadded(i), int(t[0])) for i, t in zip(items, targets, strict=True)]
    assert found == reference.pairs(sessions, MAX_LENGTH)
    assert rows.num_pairs == len(found)


def test_packed_rows_hold_the_same_pairs(sessions):
    rows = rows_of(sessions, "packed")
    found = []
    for number in range(rows.num_rows):
        items, targets = rows.read(np.array([number]), width=MAX_LENGTH)
        read = unpadded(items[0])
        if targets.shape[1] == 1:
            found.append((read, int(targets[0, 0])))
        else:
            assert (targets[0] > 0).tolist() == (items[0] > 0).tolist()
            found += [(read[: i + 1], int(targets[0, i])) for i in range(len(read))]
    assert Counter(found) == Counter(reference.pairs(sessions, MAX_LENGTH))
    assert rows.num_pairs == len(found)


def test_futures_are_reversed_and_nearest_last(sessions):
    expected = reference.futures(sessions, MAX_LENGTH)
    plain = rows_of(sessions, "prefixes")
    assert [unpadded(row) for row in plain.futures(np.arange(plain.num_rows))] == expected

    rows = rows_of(sessions, "futures")
    items, targets = rows.read(np.arange(rows.num_rows), width=MAX_LENGTH)
    labels = [label for _, label in reference.pairs(sessions, MAX_LENGTH)]
    with_future = [(f, label) for f, label in zip(expected, labels, strict=True) if f]
    found = [(unpadded(i), int(t[0])) for i, t in zip(items, targets, strict=True)]
    assert found == with_future
    assert rows.num_pairs == len(found)


@pytest.mark.parametrize("form", ["prefixes", "packed", "futures"])
def test_counts_are_known_beforehand(sessions, form):
    rows = rows_of(sessions, form)
    length, packed = rows.shapes(np.arange(rows.num_rows))
    assert rows.counts() == Counter(zip(length.tolist(), packed.tolist(), strict=True))
