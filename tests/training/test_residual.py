"""Stages of boosting."""

import pytest

from keras_sessrec.training import Residual


def test_stage_k_scores_with_the_subnets_up_to_k_and_trains_k():
    updates = [Residual(2).updates(3, epoch) for epoch in range(7)]
    assert [(u.trains, u.scores) for (u,) in updates] == [
        ((0,), (0,)),
        ((0,), (0,)),
        ((1,), (0, 1)),
        ((1,), (0, 1)),
        ((2,), (0, 1, 2)),
        ((2,), (0, 1, 2)),
        ((2,), (0, 1, 2)),
    ]


def test_an_empty_stage_is_an_error():
    with pytest.raises(ValueError, match="`epochs_per_subnet` must be at least 1"):
        Residual(0)
