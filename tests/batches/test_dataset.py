"""Datasets made of generators."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.batches.dataset import check_counts, check_fills, digest, generated_dataset

CATALOG = ksr.Catalog([1, 2, 3])


def test_every_pass_runs_the_generator_again():
    passes = []

    def generate():
        passes.append(None)
        yield from np.arange(3, dtype=np.int32)

    dataset = generated_dataset(generate, tf.TensorSpec((), tf.int32), 3, CATALOG, "")
    assert int(dataset.cardinality()) == 3
    assert [int(x) for x in dataset] == [int(x) for x in dataset] == [0, 1, 2]
    assert len(passes) == 2


def test_slabs_are_cut_into_mini_batches():
    slabs = np.arange(8, dtype=np.int32).reshape(2, 2, 2)
    spec = tf.TensorSpec((None, 2), tf.int32)
    dataset = generated_dataset(lambda: iter(slabs), spec, 4, CATALOG, "", in_slabs=True)
    np.testing.assert_array_equal(np.stack(list(dataset)), slabs.reshape(4, 2))


def test_nothing_autotunes_so_that_dropping_an_iterator_never_waits():
    dataset = generated_dataset(lambda: iter([0]), tf.TensorSpec((), tf.int32), 1, CATALOG, "")
    blocks = dataset.batch(2).repeat().prefetch(2)
    for stage in (dataset, blocks):
        assert stage.options().autotune.enabled is False


def test_batches_are_filled():
    check_fills("lanes", 4096, 1, "sessions")
    check_fills("lanes", 100_000, 1000, "sessions")
    with pytest.raises(ValueError, match=r"`lanes` must be in proportion to the 1,000 sessions"):
        check_fills("lanes", 100_001, 1000, "sessions")


@pytest.mark.parametrize("value", [0, -1, 2.0, "3", True, None])
def test_counts_are_positive_integers(value):
    check_counts(lanes=np.int64(3), steps=1)
    with pytest.raises(ValueError, match="`steps` must be a positive integer"):
        check_counts(lanes=1, steps=value)


def test_a_digest_is_of_contents_types_shapes_and_their_order():
    numbers = np.arange(6)
    assert digest("lanes", numbers, 3) == digest("lanes", np.arange(6), 3)
    others = [
        ("other", numbers, 3),
        ("lanes", numbers, 4),
        ("lanes", numbers[::-1], 3),
        ("lanes", numbers.reshape(2, 3), 3),
        ("lanes", numbers.astype(np.int32), 3),
        ("lanes", 3, numbers),
    ]
    assert len({digest(*parts) for parts in [("lanes", numbers, 3), *others]}) == 7
