"""What is carried between mini-batches."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.training.lane_states import LaneStates, num_lanes


def make_states():
    return LaneStates(
        lambda rows: [tf.zeros((rows, 2)), tf.fill((rows, 3), tf.constant(7, tf.int32))]
    )


def written(lanes):
    states = make_states()
    states.write("train", [tf.ones((lanes, 2)), tf.zeros((lanes, 3), tf.int32)])
    return states


def test_starts_from_the_initial_states():
    vectors, items = make_states().read("train", tf.constant([False, False]))
    np.testing.assert_array_equal(vectors, np.zeros((2, 2)))
    np.testing.assert_array_equal(items, np.full((2, 3), 7))
    assert items.dtype == tf.int32


def test_c1_only_starting_lanes_are_reset():
    vectors, items = written(3).read("train", tf.constant([False, True, False]))
    np.testing.assert_array_equal(vectors, [[1, 1], [0, 0], [1, 1]])
    np.testing.assert_array_equal(items, [[0] * 3, [7] * 3, [0] * 3])


def test_c2_reading_twice_resets_nothing():
    states = written(2)
    states.read("train", tf.constant([True, True]))
    np.testing.assert_array_equal(
        states.read("train", tf.constant([False] * 2))[0], np.ones((2, 2))
    )


def test_c35_test_has_states_of_its_own():
    states = written(2)
    states.write("test", [tf.fill((2, 2), 5.0), tf.fill((2, 3), 5)])
    keep = tf.constant([False, False])
    np.testing.assert_array_equal(states.read("train", keep)[0], np.ones((2, 2)))
    np.testing.assert_array_equal(states.read("test", keep)[0], np.full((2, 2), 5.0))


def test_every_number_of_lanes_has_states_of_its_own():
    states = written(2)
    np.testing.assert_array_equal(states.read("train", tf.zeros(3, tf.bool))[0], np.zeros((3, 2)))
    np.testing.assert_array_equal(states.read("train", tf.zeros(2, tf.bool))[0], np.ones((2, 2)))


def test_values_are_those_of_the_latest_lanes_and_of_plain_types():
    states = LaneStates(
        lambda rows: [tf.zeros((rows, 2), "bfloat16"), tf.zeros((rows, 1), "int32")]
    )
    assert states.values("train") is None
    for lanes in (2, 3):
        states.write("train", [tf.ones((lanes, 2), "bfloat16"), tf.fill((lanes, 1), lanes)])
    states.prepare("test", 5)
    vectors, items = states.values("train")
    np.testing.assert_array_equal(vectors, np.ones((3, 2)))
    np.testing.assert_array_equal(items, [[3]] * 3)
    assert vectors.dtype == np.float32 and items.dtype == np.int64
    states.prepare("train", 2)
    np.testing.assert_array_equal(states.values("train")[1], [[2]] * 2)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_carries_through_a_traced_function(jit_compile):
    states = make_states()

    @tf.function(jit_compile=jit_compile)
    def add_one(is_start):
        vectors, items = states.read("train", is_start)
        states.write("train", [vectors + 1, items])
        return vectors

    add_one(tf.constant([True, True]))
    add_one(tf.constant([False, True]))
    np.testing.assert_array_equal(add_one(tf.constant([False, False])), [[2, 2], [1, 1]])


def test_prepared_states_serve_a_function_that_is_traced_again():
    states = make_states()
    function = tf.function(lambda is_start: states.read("test", is_start)[0])
    for lanes in (2, 3):
        states.prepare("test", lanes)
        assert function(tf.zeros(lanes, tf.bool)).shape == (lanes, 2)


def test_num_lanes_is_read_off_session_parallel_data_only():
    item, is_start = np.zeros((6, 4, 1), "int32"), np.zeros((6, 4), bool)
    carried = tf.data.Dataset.from_tensor_slices(({"item": item, "is_start": is_start}, item))
    stateless = tf.data.Dataset.from_tensor_slices(({"item": item}, item))
    assert num_lanes(carried) == 4
    assert num_lanes(stateless) is None
    assert num_lanes(item) is None
