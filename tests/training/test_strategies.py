"""The strategies of parallel networks."""

import pytest

from keras_sessrec.training import Alternating, Interleaving, Residual, Stages, Update, strategies


def test_one_trains_per_epoch_and_all_score():
    turns = [Alternating().updates(3, epoch) for epoch in range(4)]
    assert [[u.trains for u in updates] for updates in turns] == [[(0,)], [(1,)], [(2,)], [(0,)]]
    assert all(u.scores == (0, 1, 2) for updates in turns for u in updates)


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


FIRST, SECOND = Update([0], [0]), Update([1], [0, 1])


def test_the_last_stage_goes_on():
    strategy = Stages([(1, [FIRST]), (2, [SECOND, FIRST]), (1, [SECOND])])
    assert [strategy.updates(2, epoch) for epoch in range(6)] == [
        (FIRST,),
        (SECOND, FIRST),
        (SECOND, FIRST),
        (SECOND,),
        (SECOND,),
        (SECOND,),
    ]


@pytest.mark.parametrize("stages", [[], [(0, [FIRST])], [(1, [])]])
def test_empty_stages_are_errors(stages):
    with pytest.raises(ValueError, match="`stages` must be pairs"):
        Stages(stages)


def test_a_subnet_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match=r"subnets 0..0 only. Received: 1"):
        Stages([(1, [SECOND])]).updates(1, 0)


def test_names_and_objects():
    assert isinstance(strategies.get("interleaving"), Interleaving)
    own = Residual(3)
    assert strategies.get(own) is own


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="Received: 'greedy'"):
        strategies.get("greedy")
