"""A random order that is computed place by place."""

import numpy as np
import pytest

from keras_sessrec.batches.shuffled_range import shuffled_range


@pytest.mark.parametrize("size", [1, 2, 3, 16, 17, 1000, 4097])
def test_every_number_has_one_place(size):
    assert sorted(shuffled_range(0, size, size, seed=5)) == list(range(size))


def test_pieces_make_the_whole():
    whole = shuffled_range(0, 1000, 1000, seed=(3, 1))
    pieces = [
        shuffled_range(at, min(at + 64, 1000), 1000, seed=(3, 1)) for at in range(0, 1000, 64)
    ]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_seeds_give_other_orders():
    one, other = (shuffled_range(0, 1000, 1000, seed=(0, epoch)) for epoch in (0, 1))
    assert (one == other).mean() < 0.02


def test_neighbours_are_as_far_apart_as_chance_has_it():
    order = shuffled_range(0, 100_000, 100_000, seed=7) / 100_000
    # Independent uniform numbers: mean distance 1/3, no correlation with the place.
    assert abs(np.abs(np.diff(order)).mean() - 1 / 3) < 0.005
    assert abs(np.corrcoef(order, np.arange(100_000))[0, 1]) < 0.015
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.015


def test_tens_of_millions_need_no_array_of_them():
    last = shuffled_range(24_000_000 - 3, 24_000_000, 24_000_000, seed=1)
    assert len(set(last)) == 3
    assert (last >= 0).all()
    assert (last < 24_000_000).all()
