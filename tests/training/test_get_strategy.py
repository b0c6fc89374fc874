"""Strategies by name."""

import pytest

from keras_sessrec.training import Interleaving, Residual
from keras_sessrec.training.strategies import get_strategy


def test_names_and_objects():
    assert isinstance(get_strategy("interleaving"), Interleaving)
    own = Residual(3)
    assert get_strategy(own) is own


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="Received: strategy='greedy'"):
        get_strategy("greedy")
