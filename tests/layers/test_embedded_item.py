"""The embedded item: an own table or the scorer's, with dropout on the embedding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.layer import run_layer_test
from keras_sessrec.layers import EmbeddedItem, ItemScorer

ITEMS = np.array([[1, 5, 5], [2, 4, 3]])


def attach(reader):
    reader.build(ksr.Catalog(range(5)), columns=[2, 3])


def test_contract():
    run_layer_test(
        lambda **kwargs: EmbeddedItem(dim=4, dropout=0.3, **kwargs),
        attach,
        lambda reader: reader(ITEMS, [])[0],
        output_shape=(2, 3, 5),
        weight_shapes=[(6, 4), (4, 5)],
    )


def test_contract_of_a_tied_table():
    run_layer_test(
        lambda **kwargs: EmbeddedItem(scorer=ItemScorer(5, 4, use_bias=False, seed=7), **kwargs),
        attach,
        lambda reader: reader(ITEMS, [])[0],
        output_shape=(2, 3, 5),
        weight_shapes=[(6, 4), (4, 5)],
    )


def test_is_a_lookup_and_a_product():
    reader = EmbeddedItem(dim=4, seed=1)
    attach(reader)
    table, kernel = np.asarray(reader.own_table), np.asarray(reader.kernel)
    np.testing.assert_allclose(reader(ITEMS, [])[0], table[ITEMS] @ kernel, atol=1e-6)


def test_c25_tied_gradient_is_the_sum_of_both_roles():
    scorer = ItemScorer(num_items=5, dim=4, seed=1)
    reader = EmbeddedItem(scorer=scorer, seed=2)
    reader.build(ksr.Catalog(range(5)), columns=[4])
    candidates = np.array([5, 1])

    def gradient(read, score):
        with tf.GradientTape() as tape:
            hidden = read(reader(ITEMS, [])[0][:, -1])
            total = tf.reduce_sum(score(scorer(hidden, candidates)) ** 2)
        return tf.convert_to_tensor(tape.gradient(total, scorer.table.value))

    def as_is(x):
        return x

    both = gradient(as_is, as_is)
    as_output = gradient(tf.stop_gradient, as_is)
    # What remains is the input's role, by finite difference of the rows that are only read.
    np.testing.assert_allclose(both[1], as_output[1], atol=1e-6)  # scored, not read last
    np.testing.assert_allclose(as_output[3], np.zeros(4))  # read, not scored
    kernel, table = np.asarray(reader.kernel, np.float64), np.asarray(scorer.table, np.float64)

    def total(row_3):
        rows = table.copy()
        rows[3] = row_3
        return np.sum(((rows[[5, 3]] @ kernel) @ table[candidates].T) ** 2)

    for entry in range(4):
        step = np.eye(4)[entry] * 1e-5
        slope = (total(table[3] + step) - total(table[3] - step)) / 2e-5
        assert float(both[3, entry]) == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_c25_tied_table_is_the_same_variable():
    scorer = ItemScorer(num_items=5, dim=4, seed=1)
    reader = EmbeddedItem(scorer=scorer, seed=2)
    attach(reader)
    assert [w is scorer.table for w in reader.trainable_weights].count(True) == 1
    assert reader.dim == 4 and not hasattr(reader, "own_table")


def identity_reader(dropout):
    reader = EmbeddedItem(dim=50, dropout=dropout, seed=1)
    reader.build(ksr.Catalog(range(5)), columns=[50])
    reader.kernel.assign(np.eye(50))
    return reader


def test_c13_c14_dropout_zeroes_its_share_of_the_embedding():
    reader = identity_reader(0.3)
    items = np.full((40, 5), 2)
    vector = np.asarray(reader.own_table)[2]
    np.testing.assert_allclose(reader(items, [])[0][0, 0], vector, atol=1e-7)
    dropped = np.asarray(reader(items, [], training=True)[0])
    zero = dropped == 0
    assert zero.mean() == pytest.approx(0.3, abs=0.02)  # 10,000 draws: 4 standard deviations
    np.testing.assert_allclose(dropped[~zero], np.broadcast_to(vector / 0.7, zero.shape)[~zero])
    again = np.asarray(reader(items, [], training=True)[0]) == 0
    assert (again != zero).mean() > 0.3  # a fresh mask every time


def test_c14_no_dropout_is_the_identity():
    reader = identity_reader(0.0)
    items = np.array([[1, 2]])
    np.testing.assert_array_equal(reader(items, [], training=True)[0], reader(items, [])[0])


@pytest.mark.parametrize("arguments", [{}, {"dim": 3, "scorer": ItemScorer(5, 3)}])
def test_one_table_must_be_chosen(arguments):
    with pytest.raises(ValueError, match=r"`dim`.*`scorer`.*Received"):
        EmbeddedItem(**arguments)


def test_config_keeps_the_dropout():
    reader = EmbeddedItem(dim=4, dropout=0.25)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(reader))
    assert again.dropout == 0.25


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_dropout_out_of_range(rate):
    with pytest.raises(ValueError, match=r"`dropout` must be in \[0, 1\).*Received"):
        EmbeddedItem(dim=4, dropout=rate)
