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


LONG = np.random.default_rng(3).integers(1, 6, (2, 150))  # every item many times


@pytest.mark.parametrize("discount", [0.9, 0.99, 1.0])
def test_a_long_session_is_summed_whole(discount):
    reader = DiscountedItems(discount=discount, seed=1)
    attach(reader)
    window = reader.window if discount == 0.9 else 10**9
    dense = np.array([dense_inputs(s.tolist(), discount, window) for s in LONG])
    expected = dense @ np.asarray(reader.table, np.float64)
    gates, _ = reader(LONG, reader.initial_states(2))
    np.testing.assert_allclose(gates, expected, atol=1e-6)
    states = reader.initial_states(2)
    for begin, end in ((0, 1), (1, 2), (2, 90), (90, 150)):
        gates, states = reader(LONG[:, begin:end], states)
        np.testing.assert_allclose(gates, expected[:, begin:end], atol=1e-6)


def test_beyond_the_window_the_sum_lacks_what_is_older():
    reader = DiscountedItems(discount=1.0, window=20, seed=1)
    attach(reader)
    gates, _ = reader(LONG, reader.initial_states(2))
    counts = np.array([np.bincount(session[-20:], minlength=6) for session in LONG])
    expected = counts / np.linalg.norm(counts, axis=1, keepdims=True) @ np.asarray(reader.table)
    np.testing.assert_allclose(gates[:, -1], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("discount", "window"), [(0.1, 16), (0.5, 16), (0.9, 106), (0.99, 200), (1.0, 200)]
)
def test_default_windows(discount, window):
    assert DiscountedItems(discount=discount).window == window
    assert window in (16, 200) or discount**window <= 2**-16 < discount ** (window - 1)


def test_padding_has_no_age():
    reader = DiscountedItems(discount=0.6, window=3, seed=1)
    attach(reader)
    whole, (end,) = reader(ITEMS, reader.initial_states(3))
    spread = np.insert(ITEMS, [0, 2, 2, 4], 0, axis=1)  # 0 1 2 0 0 3 4 0
    gates, (state,) = reader(spread, reader.initial_states(3))
    np.testing.assert_allclose(np.asarray(gates)[:, [1, 2, 5, 6]], whole, atol=1e-6)
    np.testing.assert_array_equal(state, end)
    one_by_one = reader.initial_states(3)
    for column in spread.T[:-1]:
        gates, one_by_one = reader(column[:, None], one_by_one)
    np.testing.assert_array_equal(one_by_one[0], end)
    np.testing.assert_allclose(gates[:, 0], np.asarray(whole)[:, -1], atol=1e-6)


@pytest.mark.parametrize("discount", [0.0, 1.01, -0.5, 2.0, float("nan")])
def test_discount_out_of_range(discount):
    with pytest.raises(ValueError, match=r"`discount` must be above 0 and at most 1.*Received"):
        DiscountedItems(discount=discount)


@pytest.mark.parametrize("window", [1, 0, 2.5, True])
def test_window_out_of_range(window):
    with pytest.raises(ValueError, match=rf"`window` must be .*Received: window={window}"):
        DiscountedItems(window=window)
