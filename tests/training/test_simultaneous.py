"""All at once."""

from keras_sessrec.training import Simultaneous


def test_one_update_trains_and_scores_with_everything():
    for epoch in (0, 7):
        (update,) = Simultaneous().updates(3, epoch)
        assert update.trains == update.scores == (0, 1, 2)
