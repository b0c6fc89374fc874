"""Turns by epoch."""

from keras_sessrec.training import Alternating


def test_one_trains_per_epoch_and_all_score():
    turns = [Alternating().updates(3, epoch) for epoch in range(4)]
    assert [[u.trains for u in updates] for updates in turns] == [[(0,)], [(1,)], [(2,)], [(0,)]]
    assert all(u.scores == (0, 1, 2) for updates in turns for u in updates)
