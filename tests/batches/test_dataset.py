"""Datasets made of generators."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.batches.dataset import EpochOrder, check_catalog, generated_dataset, sources

CATALOG = ksr.Catalog([1, 2, 3])


def test_every_pass_runs_the_generator_again():
    passes = []

    def generate():
        passes.append(None)
        yield from np.arange(3, dtype=np.int32)

    dataset = generated_dataset(generate, tf.TensorSpec((), tf.int32), 3, CATALOG)
    assert int(dataset.cardinality()) == 3
    assert [int(x) for x in dataset] == [int(x) for x in dataset] == [0, 1, 2]
    assert len(passes) == 2


def test_slabs_are_cut_into_mini_batches():
    slabs = np.arange(8, dtype=np.int32).reshape(2, 2, 2)
    spec = tf.TensorSpec((None, 2), tf.int32)
    dataset = generated_dataset(lambda: iter(slabs), spec, 4, CATALOG, in_slabs=True)
    np.testing.assert_array_equal(np.stack(list(dataset)), slabs.reshape(4, 2))


def test_nothing_autotunes_so_that_dropping_an_iterator_never_waits():
    dataset = generated_dataset(lambda: iter([0]), tf.TensorSpec((), tf.int32), 1, CATALOG)
    blocks = dataset.batch(2).repeat().prefetch(2)
    for stage in (dataset, blocks):
        assert stage.options().autotune.enabled is False


def test_the_catalog_is_found_behind_every_transformation():
    log = ksr.data.SessionLog.from_arrays([0, 0], [0, 1], [1, 2], np.array([7]), CATALOG.item_ids)
    dataset = ksr.batches.whole_sessions(log, CATALOG)
    derived = [
        dataset.take(1),
        dataset.map(lambda *parts: parts).prefetch(2),
        dataset.repeat().shuffle(3).batch(2),
        dataset.shard(1, 0).cache(),
        tf.data.Dataset.zip((dataset, tf.data.Dataset.range(3))),
        tf.data.Dataset.range(3).concatenate(dataset.map(lambda *_: tf.constant(0, tf.int64))),
    ]
    for one in [dataset, *derived]:
        assert [source.fingerprint for source in sources(one)] == [CATALOG.fingerprint]
    assert sources(tf.data.Dataset.range(3)) == []


@pytest.mark.parametrize("other", [[1, 2], [3, 2, 1], ["1", "2", "3"]])
def test_batches_of_another_catalog_are_refused(other):
    dataset = generated_dataset(lambda: iter([0]), tf.TensorSpec((), tf.int32), 1, CATALOG)
    check_catalog(dataset, ksr.Catalog([1, 2, 3], counts=[5, 1, 1]), "x")
    with pytest.raises(ValueError, match=r"`x` must be batches of the model's catalog.*Received"):
        check_catalog(dataset.take(1), ksr.Catalog(other), "x")


def test_looking_sees_epoch_0_and_training_counts():
    order = EpochOrder()
    assert [order.next_epoch() for _ in range(2)] == [0, 0]
    order.begin(3)
    assert [order.next_epoch() for _ in range(2)] == [3, 4]
    order.end()
    assert order.next_epoch() == 0
