"""The sum of what replicas send is the gradient of all rows."""

import numpy as np
import tensorflow as tf

from keras_sessrec.training.devices import GradientVector, LaneShard
from keras_sessrec.training.devices.gradient_vector import add_gradients

RNG = np.random.default_rng(0)
HEIGHT = 20_000_000  # above 2^24, where a float32 does not hold every integer


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def slices(values, rows, height=HEIGHT):
    return tf.IndexedSlices(tf.constant(values), tf.constant(rows), (height, values.shape[-1]))


def exchanged(of_replicas, shapes):
    """What every replica unpacks after one sum."""
    packings = [GradientVector(LaneShard(k, len(of_replicas))) for k in range(len(of_replicas))]
    sent = [p.pack(*own) for p, own in zip(packings, of_replicas, strict=True)]
    total = sum(vector for vector, _ in sent)
    return [p.unpack(total, rows, shapes) for p, (_, rows) in zip(packings, sent, strict=True)]


def test_every_kind_of_gradient_arrives_whole():
    losses, dense, shared = numbers(2, 4), numbers(2, 3, 2), numbers(2, 3, 2)
    candidates, own = [5, 9, 5], numbers(2, 4, 2)
    rows = [[7, HEIGHT - 1, 7, 16_777_217], [1, 7, 3, 9]]
    replicas = [
        (
            tf.constant(losses[k]),
            [None, slices(shared[k], candidates), tf.constant(dense[k]), None],
            [slices(own[k], rows[k]), slices(own[k], rows[k]), tf.constant(dense[k]), None],
        )
        for k in range(2)
    ]
    for found, gradients in exchanged(replicas, [(HEIGHT, 2), (HEIGHT, 2), (3, 2), (1,)]):
        np.testing.assert_allclose(found, losses.sum(0), rtol=1e-6)
        read, tied, kernel, nothing = gradients
        np.testing.assert_array_equal(read.values, own.reshape(-1, 2))
        np.testing.assert_array_equal(read.indices, np.ravel(rows))
        np.testing.assert_allclose(tied.values[:3], shared.sum(0), rtol=1e-6)
        np.testing.assert_array_equal(tied.indices, [*candidates, *np.ravel(rows)])
        np.testing.assert_allclose(kernel, 2 * dense.sum(0), rtol=1e-6)
        assert nothing is None


def test_rows_and_a_dense_gradient_of_one_table_become_dense():
    table, read = numbers(5, 2), numbers(1, 2)
    (_, (found,)), _ = exchanged(
        [(tf.constant(numbers(1)), [tf.constant(table)], [slices(read, [3], 5)])] * 2, [(5, 2)]
    )
    expected = 2 * table
    expected[3] += 2 * read[0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_gradients_are_added_where_there_are_two():
    one = tf.ones((5, 2))
    assert add_gradients(None, None) is None
    assert add_gradients(one, None) is one
    np.testing.assert_array_equal(add_gradients(one, one), 2 * np.ones((5, 2)))
    assert add_gradients(one, slices(np.ones((1, 2), np.float32), [3], 5))[3, 0] == 2
