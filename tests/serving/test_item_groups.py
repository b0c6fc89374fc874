"""Items in groups of one size."""

import numpy as np
import pytest

from keras_sessrec.serving.item_groups import grouped

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
def test_every_point_has_one_place(count):
    points = RNG.normal(size=(count, 5)).astype("float32")
    order = grouped(points, size=64)
    assert sorted(order) == list(range(count))
    np.testing.assert_array_equal(grouped(points, size=64), order)


def test_points_of_a_group_are_near_each_other():
    centers = 10 * RNG.normal(size=(16, 8))
    points = (np.repeat(centers, 32, axis=0) + RNG.normal(size=(512, 8))).astype("float32")
    points = RNG.permutation(points)
    groups = points[grouped(points, 32)].reshape(16, 32, 8)
    by_chance = points.reshape(16, 32, 8)
    assert groups.var(axis=1).mean() < 0.25 * by_chance.var(axis=1).mean()


def test_equal_points_are_no_trouble():
    assert sorted(grouped(np.zeros((200, 3), "float32"), size=16)) == list(range(200))
