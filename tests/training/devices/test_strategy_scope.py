"""Out of a strategy's scope and back; also what tells of a TensorFlow that is built otherwise."""

import keras
import pytest
import tensorflow as tf

from keras_sessrec.training.devices import current_strategy, made_plain, outside_strategies


def is_mirrored(variable):
    return isinstance(variable, tf.distribute.DistributedValues)


def test_outside_variables_are_plain_and_inside_they_are_mirrored_again():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        with pytest.raises(KeyError), outside_strategies(), outside_strategies():
            assert not tf.distribute.has_strategy()
            assert current_strategy() is strategy
            assert not is_mirrored(keras.Variable([1.0]).value)
            assert not is_mirrored(tf.Variable(1.0))
            raise KeyError
        assert tf.distribute.get_strategy() is strategy
        assert is_mirrored(tf.Variable(1.0))
    assert current_strategy() is None


def test_what_was_made_in_a_scope_is_made_anew():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        mirrored = [keras.optimizers.Adam(0.25), keras.metrics.Mean("mine")]
        with outside_strategies():
            optimizer, metric = map(made_plain, mirrored)
    assert float(optimizer.learning_rate) == 0.25
    assert metric.name == "mine"
    assert not any(is_mirrored(v.value) for v in [*optimizer.variables, *metric.variables])
    assert made_plain(optimizer) is optimizer
