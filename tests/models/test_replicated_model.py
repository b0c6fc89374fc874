"""A model made under a strategy is a plain one that knows it."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import compile_arguments
from harness.replicas import CATALOG, LOG


def made(**changes):
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    model.compile(**compile_arguments(**changes))
    return model


def batches():
    return ksr.batches.session_parallel(LOG, CATALOG, lanes=8).take(20)


def test_a_strategy_of_one_device_is_no_other_than_none():
    alone = made()
    history = alone.fit(batches(), validation_data=batches(), verbose=0)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = made()
        found = model.fit(batches(), validation_data=batches(), verbose=0)
        scores = model.predict(np.array([[1, 2]], np.int32), verbose=0)
        losses = model.evaluate(batches(), verbose=0)
    assert found.history == history.history
    for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(scores, alone.predict(np.array([[1, 2]], np.int32), verbose=0))
    assert losses == alone.evaluate(batches(), verbose=0)


def test_the_strategy_is_that_of_the_model_or_of_its_compilation():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    assert not any(isinstance(v.value, tf.distribute.DistributedValues) for v in model.variables)
    model.compile(**compile_arguments())
    assert model._distribution is strategy
    other = made()
    with strategy.scope():
        with pytest.raises(ValueError, match=r"needs a model that was compiled in it.*outside"):
            other.fit(batches(), verbose=0)
        other.compile(**compile_arguments())
        other.fit(batches(), verbose=0)
    assert other._distribution is strategy
    with (
        tf.distribute.MirroredStrategy(["CPU:0"]).scope(),
        pytest.raises(ValueError, match="one compiled in another"),
    ):
        model.fit(batches(), verbose=0)


def test_the_constructor_shows_its_arguments():
    arguments = list(inspect.signature(ksr.models.GRU4Rec).parameters)
    assert arguments[:2] == ["catalog", "units"]
    assert "self" not in arguments


def test_one_process_is_its_own_chief():
    model, logs = made(), {"loss": 1.5}
    model.take_logs_of_chief(logs)
    assert model.is_chief
    assert logs == {"loss": 1.5}
    assert model.greatest_of_workers(3) == 3
