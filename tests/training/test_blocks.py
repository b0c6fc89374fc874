"""Mini-batches stacked into blocks."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.training.fused_execution import block_dataset, has_static_shapes


def numbered(count):
    """Mini-batches of two rows that hold their number."""
    number = tf.range(count)
    x = {"item": tf.stack([number, number], axis=1), "is_start": tf.zeros((count, 2), tf.bool)}
    return tf.data.Dataset.from_tensor_slices((x, number))


def blocks_of(dataset, number):
    return [y.numpy().tolist() for _, y in itertools.islice(dataset, number)]


def test_last_block_of_an_epoch_is_short_and_the_next_epoch_starts_anew():
    dataset, per_epoch = block_dataset(numbered(7), 3, None)
    assert per_epoch == 7
    assert blocks_of(dataset, 5) == [[0, 1, 2], [3, 4, 5], [6], [0, 1, 2], [3, 4, 5]]


def test_all_parts_are_stacked_alike():
    ((x, y),) = block_dataset(numbered(4), 4, None)[0].take(1)
    np.testing.assert_array_equal(x["item"], np.stack([y, y], axis=1))
    assert x["is_start"].shape == (4, 2)


def test_steps_per_epoch_goes_on_where_the_last_epoch_ended():
    dataset, per_epoch = block_dataset(numbered(7), 3, 5)
    assert per_epoch == 5
    assert blocks_of(dataset, 4) == [[0, 1, 2], [3, 4], [5, 6, 0], [1, 2]]


def test_elements_without_targets():
    dataset, _ = block_dataset(numbered(5).map(lambda x, _: (x,)), 2, 4)
    (x,) = dataset.take(1)
    assert x["item"].numpy().tolist() == [[0, 0], [1, 1]]


def test_unknown_number_of_mini_batches():
    dataset, per_epoch = block_dataset(numbered(5).filter(lambda _, y: y != 1), 3, None)
    assert per_epoch is None
    assert [y.numpy().tolist() for _, y in dataset] == [[0, 2, 3], [4]]


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 1), True), ((None, 1), False), ((4, None), False), (None, False)]
)
def test_static_shapes(shape, expected):
    spec = ({"item": tf.TensorSpec((4, 1))}, tf.TensorSpec(shape))
    dataset = tf.data.Dataset.from_generator(lambda: iter(()), output_signature=spec)
    assert has_static_shapes(dataset) is expected
