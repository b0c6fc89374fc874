"""Turns within a mini-batch."""

import pytest

from keras_sessrec.training import Interleaving


@pytest.mark.parametrize(
    ("scores", "expected"),
    [("previous", [(0,), (0, 1), (0, 1, 2)]), ("all", [(0, 1, 2)] * 3)],
)
def test_both_readings(scores, expected):
    updates = Interleaving(scores).updates(3, epoch=5)
    assert [u.trains for u in updates] == [(0,), (1,), (2,)]
    assert [u.scores for u in updates] == expected


def test_an_unknown_reading_is_an_error():
    with pytest.raises(ValueError, match="`scores` must be"):
        Interleaving("some")
