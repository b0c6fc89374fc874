"""Datasets made of generators."""

import numpy as np
import tensorflow as tf

from keras_sessrec.batches.dataset import generated_dataset


def test_every_pass_runs_the_generator_again():
    passes = []

    def generate():
        passes.append(None)
        yield from np.arange(3, dtype=np.int32)

    dataset = generated_dataset(generate, tf.TensorSpec((), tf.int32), 3)
    assert int(dataset.cardinality()) == 3
    assert [int(x) for x in dataset] == [int(x) for x in dataset] == [0, 1, 2]
    assert len(passes) == 2


def test_slabs_are_cut_into_mini_batches():
    slabs = np.arange(8, dtype=np.int32).reshape(2, 2, 2)
    spec = tf.TensorSpec((None, 2), tf.int32)
    dataset = generated_dataset(lambda: iter(slabs), spec, 4, in_slabs=True)
    np.testing.assert_array_equal(np.stack(list(dataset)), slabs.reshape(4, 2))


def test_nothing_autotunes_so_that_dropping_an_iterator_never_waits():
    dataset = generated_dataset(lambda: iter([0]), tf.TensorSpec((), tf.int32), 1)
    blocks = dataset.batch(2).repeat().prefetch(2)
    for stage in (dataset, blocks):
        assert stage.options().autotune.enabled is False
