"""The 1-of-N input: a lookup that equals the product with a one-hot vector."""

import numpy as np
import tensorflow as tf

import keras_sessrec as ksr
from harness.layer import run_layer_test
from keras_sessrec.layers import OneHotItem

ITEMS = np.array([[1, 5, 5], [2, 0, 3]])


def attach(reader):
    reader.build(ksr.Catalog(range(5)), columns=[2, 3])


def test_contract():
    run_layer_test(
        lambda **kwargs: OneHotItem(**kwargs),
        attach,
        lambda reader: reader(ITEMS, [])[0],
        output_shape=(2, 3, 5),
        weight_shapes=[(6, 5)],
    )


def test_c24_equals_the_product_with_one_hot_vectors():
    reader = OneHotItem(seed=1)
    attach(reader)
    gates, states = reader(ITEMS, [])
    np.testing.assert_allclose(gates, np.eye(6)[ITEMS] @ np.asarray(reader.table), atol=1e-7)
    assert states == []


def test_c24_gradient_is_the_rows_that_were_read():
    reader = OneHotItem(seed=1)
    attach(reader)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(reader(ITEMS, [])[0])
    gradient = tape.gradient(total, reader.table.value)
    assert isinstance(gradient, tf.IndexedSlices)
    np.testing.assert_array_equal(gradient.indices, ITEMS.ravel())


def test_c17_gates_have_their_own_scale_and_padding_does_not_count():
    reader = OneHotItem(seed=1)
    reader.build(ksr.Catalog(range(100)), columns=[20, 60])
    table = np.asarray(reader.table)
    for block, bound in ((table[:, :20], (6 / 120) ** 0.5), (table[:, 20:], (6 / 160) ** 0.5)):
        assert 0.99 * bound < np.abs(block).max() <= bound
