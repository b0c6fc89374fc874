"""Strategies of one's own."""

import pytest

from keras_sessrec.training import Stages, Update

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
