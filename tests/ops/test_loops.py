"""A loop over time steps."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.ops.loops import scan

INPUTS = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")


def decayed(states, inputs):
    total, count = states
    return 0.5 * total + inputs[0], count + inputs[1]


def by_hand():
    total, sums = np.zeros((2, 3)), []
    for step in range(5):
        total = 0.5 * total + INPUTS[:, step]
        sums.append(total)
    return np.stack(sums, 1)


def run(inputs):
    start = (tf.zeros((2, 3)), tf.zeros((2,), tf.int32))
    return scan(decayed, start, [inputs, tf.ones(inputs.shape[:2], tf.int32)])


@pytest.mark.parametrize("jit", [True, False, None])
def test_states_of_every_step(jit):
    function = run if jit is None else tf.function(run, jit_compile=jit, autograph=False)
    last, every = function(tf.constant(INPUTS))
    np.testing.assert_allclose(every[0], by_hand(), rtol=1e-6)
    np.testing.assert_allclose(last[0], by_hand()[:, -1], rtol=1e-6)
    np.testing.assert_array_equal(every[1], [[1, 2, 3, 4, 5]] * 2)


@pytest.mark.parametrize("jit", [True, False])
def test_gradient_goes_through_time(jit):
    def gradient(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            last, _ = run(inputs)
            cost = tf.reduce_sum(last[0])
        return tape.gradient(cost, inputs)

    found = tf.function(gradient, jit_compile=jit, autograph=False)(tf.constant(INPUTS))
    want = np.broadcast_to((0.5 ** np.arange(4, -1, -1))[None, :, None], INPUTS.shape)
    np.testing.assert_allclose(found, want, rtol=1e-6)


def test_the_number_of_steps_may_be_unknown():
    spec = tf.TensorSpec((2, None, 3))

    def steps(inputs):
        start = (tf.zeros((2, 3)), tf.zeros((2,), tf.int32))
        return scan(decayed, start, [inputs, tf.ones(tf.shape(inputs)[:2], tf.int32)])[1][0]

    function = tf.function(steps, input_signature=[spec], autograph=False)
    np.testing.assert_allclose(function(INPUTS), by_hand(), rtol=1e-6)
    np.testing.assert_allclose(function(INPUTS[:, :2]), by_hand()[:, :2], rtol=1e-6)
