import itertools

import numpy as np
import pytest

from keras_sessrec.data.shop.silhouettes import SILHOUETTES, inside
from keras_sessrec.data.shop.titles import CATEGORY_NOUNS

AXIS = np.linspace(-1.2, 1.2, 97)
X, Y = np.meshgrid(AXIS, AXIS)


def test_every_category_has_a_silhouette_in_the_same_order():
    assert list(SILHOUETTES) == list(CATEGORY_NOUNS)


@pytest.mark.parametrize("category", list(SILHOUETTES))
def test_silhouettes_fill_part_of_the_square_and_stay_in_it(category):
    shape = inside(category, X, Y)
    assert 0.05 < shape.mean() < 0.75
    assert not shape[(abs(X) > 1.0001) | (abs(Y) > 1.0001)].any()


def test_silhouettes_differ():
    shapes = {name: inside(name, X, Y) for name in SILHOUETTES}
    for one, other in itertools.combinations(shapes, 2):
        overlap = (shapes[one] & shapes[other]).sum() / (shapes[one] | shapes[other]).sum()
        assert overlap < 0.8, (one, other)


def test_a_cut_makes_a_hole():
    def at(x, y):
        return inside("frame", np.array([x]), np.array([y]))[0]

    assert not at(0, 0) and at(0.75, 0) and not at(0.95, 0)


def test_a_polygon_is_its_inside():
    # The lamp's shade is a trapezoid, 0.35 wide on each side at y = -0.9, 0.75 at 0.05.
    def at(x, y):
        return inside("lamp", np.array([x]), np.array([y]))[0]

    assert at(0.3, -0.85) and not at(0.5, -0.85) and at(0.7, 0.03)
