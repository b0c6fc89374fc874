import dataclasses

import pytest

from keras_sessrec.samplers import Candidates


def test_is_a_value_that_cannot_be_changed():
    candidates = Candidates(items=[2, 3], y_true=[0, 1], valid=None, log_q=None)
    assert [field.name for field in dataclasses.fields(candidates)] == [
        "items",
        "y_true",
        "valid",
        "log_q",
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        candidates.items = [1]
