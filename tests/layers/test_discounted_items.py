"""The discounted sum of all events, against dense 1-of-N vectors."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.layer import run_layer_test
from keras_sessrec.layers import DiscountedItems

ITEMS = np.array([[1, 2, 1, 3], [4, 4, 4, 4], [5, 3, 2, 1]])


def attach(reader):
    reader.build(ksr.Catalog(range(5)), columns=[2, 3])


def dense_inputs(session, discount, window):
    """The normalised N-wide input vector after every event of one session."""
    vectors = []
    for end in range(1, len(session) + 1):
        vector = np.zeros(6)
        for age, item in enumerate(session[:end][::-1][:window]):
            vector[item] += discount**age
        vectors.append(vector / np.linalg.norm(vector))
    return np.array(vectors)


def test_contract():
    run_layer_test(
        lambda **kwargs: DiscountedItems(discount=0.6, window=3, **kwargs),
        attach,
        lambda reader: reader(ITEMS, reader.initial_states(3))[0],
        output_shape=(3, 4, 5),
        weight_shapes=[(6, 5)],
    )


@pytest.mark.parametrize("window", [2, 3, 16])
def test_equals_the_dense_computation(window):
    reader = DiscountedItems(discount=0.6, window=window, seed=1)
    attach(reader)
    gates, _ = reader(ITEMS, reader.initial_states(3))
    dense = np.array([dense_inputs(s.tolist(), 0.6, window) for s in ITEMS])
    np.testing.assert_allclose(gates, dense @ np.asarray(reader.table), atol=1e-6)


def test_gradient_reaches_every_row_that_took_part():
    reader = DiscountedItems(discount=0.6, window=3, seed=1)
    attach(reader)
    with tf.GradientTape() as tape:
        gates, _ = reader(ITEMS[:1], reader.initial_states(1))
        total = tf.reduce_sum(gates[:, -1])  # after 1, 2, 1, 3: reads 2, 1, 3
    gradient = tape.gradient(total, reader.table.value)
    assert isinstance(gradient, tf.IndexedSlices)
    dense = dense_inputs([1, 2, 1, 3], 0.6, 3)[-1]
    np.testing.assert_allclose(
        tf.convert_to_tensor(gradient), np.repeat(dense[:, None], 5, axis=1), atol=1e-6
    )


def test_carried_window_equals_reading_at_once():
    reader = DiscountedItems(discount=0.6, window=3, seed=1)
    attach(reader)
    whole, end = reader(ITEMS, reader.initial_states(3))
    first, states = reader(ITEMS[:, :1], reader.initial_states(3))
    second, states = reader(ITEMS[:, 1:], states)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    np.testing.assert_array_equal(states[0], end[0])
    np.testing.assert_array_equal(states[0], ITEMS[:, -2:])


@pytest.mark.parametrize("discount", [0.0, 1.0, -0.5, 2.0])
def test_discount_out_of_range(discount):
    with pytest.raises(ValueError, match=r"`discount` must be between 0 and 1.*Received"):
        DiscountedItems(discount=discount)


def test_window_too_short():
    with pytest.raises(ValueError, match=r"`window` must be at least 2.*Received: window=1"):
        DiscountedItems(window=1)
