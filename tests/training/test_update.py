"""One gradient step as data."""

import pytest

from keras_sessrec.training import Update


def test_equal_updates_are_one_key():
    assert Update([1, 0], [0, 1]) == Update((0, 1, 1), range(2))
    assert len({Update([0], [0, 1]), Update([0], [1, 0]), Update([1], [0, 1])}) == 2


@pytest.mark.parametrize(("trains", "scores"), [([], [0]), ([1], [0]), ([0, 1], [1])])
def test_what_has_no_gradient_is_an_error(trains, scores):
    with pytest.raises(ValueError, match="`trains` must name"):
        Update(trains, scores)
