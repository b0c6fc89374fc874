"""One gradient step, and what decides which are taken."""

import json

import keras
import pytest

from keras_sessrec.training import (
    Alternating,
    Interleaving,
    Residual,
    Simultaneous,
    Stages,
    Strategy,
    Update,
)


def test_equal_updates_are_one_key():
    assert Update([1, 0], [0, 1]) == Update((0, 1, 1), range(2))
    assert len({Update([0], [0, 1]), Update([0], [1, 0]), Update([1], [0, 1])}) == 2


@pytest.mark.parametrize(("trains", "scores"), [([], [0]), ([1], [0]), ([0, 1], [1])])
def test_what_has_no_gradient_is_an_error(trains, scores):
    with pytest.raises(ValueError, match="`trains` must name"):
        Update(trains, scores)


ALL = [
    Simultaneous(),
    Alternating(),
    Residual(3),
    Interleaving("all"),
    Stages([(2, [Update([0], [0])]), (1, [Update([1], [0, 1]), Update([0], [0])])]),
]


@pytest.mark.parametrize("strategy", ALL, ids=lambda s: type(s).__name__)
def test_config_survives_json(strategy):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(strategy)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(strategy)
    for epoch in range(8):
        assert again.updates(2, epoch) == strategy.updates(2, epoch)


def test_a_stage_is_numbered_by_when_it_was_first_seen():
    assert [Residual(2).stage(3, e) for e in range(8)] == [0, 0, 1, 1, 2, 2, 2, 2]
    assert [Alternating().stage(3, e) for e in range(5)] == [0, 1, 2, 0, 1]
    assert [Interleaving().stage(3, e) for e in range(3)] == [0, 0, 0]


def test_the_base_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="must override `updates`"):
        Strategy().updates(2, 0)


def test_one_update_trains_and_scores_with_everything():
    for epoch in (0, 7):
        (update,) = Simultaneous().updates(3, epoch)
        assert update.trains == update.scores == (0, 1, 2)
