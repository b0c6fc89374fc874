"""What a dataset was made of, and the epochs of shuffled batches."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.batches.dataset import generated_dataset
from keras_sessrec.batches.epochs import EpochOrder, check_catalog, epochs_of, passes, sources

CATALOG = ksr.Catalog([1, 2, 3])


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
    dataset = generated_dataset(lambda: iter([0]), tf.TensorSpec((), tf.int32), 1, CATALOG, "")
    check_catalog(dataset, ksr.Catalog([1, 2, 3], counts=[5, 1, 1]), "x")
    with pytest.raises(ValueError, match=r"`x` must be batches of the model's catalog.*Received"):
        check_catalog(dataset.take(1), ksr.Catalog(other), "x")


def ordered(size=3, catalog=CATALOG):
    """Batches that tell their epoch: 10 * epoch + place."""
    order = EpochOrder(shuffles=True)

    def generate():
        epoch, first = order.take()
        yield from (np.int32(10 * epoch + place) for place in range(first, size))

    spec = tf.TensorSpec((), tf.int32)
    return generated_dataset(generate, spec, size, catalog, "", order)


def numbers(dataset, count):
    return [int(x) for x in dataset.take(count)]


def test_looking_sees_epoch_0_and_epochs_are_counted():
    dataset = ordered()
    assert numbers(dataset, 3) == numbers(dataset, 3) == [0, 1, 2]
    endless = epochs_of(dataset, first=3)
    for _ in range(2):
        assert numbers(endless, 7) == [30, 31, 32, 40, 41, 42, 50]
    assert numbers(dataset, 3) == [0, 1, 2]


def test_looks_in_the_middle_take_no_epoch_away():
    dataset = ordered()
    seen = []
    for x in epochs_of(dataset).take(9):
        seen.append(int(x))
        assert numbers(dataset.map(lambda x: -x), 2) == [0, -1]
    assert seen == [0, 1, 2, 10, 11, 12, 20, 21, 22]


@pytest.mark.parametrize(
    "derive",
    [
        lambda d: d.map(lambda x: x).prefetch(2),
        lambda d: d.take(3).filter(lambda x: x >= 0),
        lambda d: tf.data.Dataset.zip(d, tf.data.Dataset.range(9)).map(lambda x, _: x),
        lambda d: d.batch(2).unbatch(),
    ],
)
def test_epochs_of_what_was_derived(derive):
    dataset = ordered()
    endless = epochs_of(derive(dataset))
    assert numbers(endless, 6) == [0, 1, 2, 10, 11, 12]
    assert endless.cardinality() == tf.data.INFINITE_CARDINALITY
    assert [s.fingerprint for s in sources(endless)] == [CATALOG.fingerprint]
    assert numbers(epochs_of(endless), 6) == [0, 1, 2, 10, 11, 12], "they stay what they are"


def test_the_first_epoch_can_be_asked_for_when_a_pass_begins():
    first = [2]
    endless = epochs_of(ordered(), lambda: first[0])
    first[0] = 4
    assert numbers(endless, 4) == [40, 41, 42, 50]


def test_epochs_of_batches_without_an_order_are_passes():
    assert numbers(epochs_of(tf.data.Dataset.range(2)), 5) == [0, 1, 0, 1, 0]


def test_shuffled_batches_that_repeat_are_refused():
    with pytest.raises(ValueError, match=r"must not repeat.*`.repeat\(\)`. Leave it out"):
        epochs_of(ordered().repeat().map(lambda x: x))


@pytest.mark.parametrize("derive", [lambda d: d, lambda d: d.map(lambda x: x)])
def test_passes_begin_in_the_middle_of_an_epoch_once(derive):
    """Batches of their own begin there; of derived ones the first are left out."""
    endless = passes(derive(ordered()), lambda: (2, 1))
    for _ in range(2):
        assert numbers(endless, 6) == [21, 22, 30, 31, 32, 40]


@pytest.mark.parametrize(
    "make, options",
    [
        (ksr.batches.session_parallel, {"lanes": 2}),
        (ksr.batches.session_parallel, {"lanes": 3, "steps": 2, "shuffle": True}),
        (ksr.batches.prefixes, {"batch_size": 2}),
        (ksr.batches.prefixes, {"batch_size": 2, "form": "packed"}),
        (ksr.batches.prefixes, {"batch_size": 2, "form": "futures", "shuffle": False}),
    ],
)
def test_generated_batches_are_those_of_the_whole_epoch_wherever_a_pass_begins(make, options):
    log = ksr.data.synthetic_shop(num_items=40, num_sessions=400, seed=1).log
    dataset = make(log, ksr.Catalog.from_log(log), **options)
    length = len(dataset)
    assert length > 256, "more than are made at once"

    def rest(first):
        found = passes(dataset, lambda: (1, first)).take(length - first)
        return [tf.nest.flatten(batch) for batch in found.as_numpy_iterator()]

    whole = rest(0)
    for first in (1, 200, 256, length - 1):
        for one, other in zip(rest(first), whole[first:], strict=True):
            for part, expected in zip(one, other, strict=True):
                np.testing.assert_array_equal(part, expected)


def test_passes_that_are_all_alike_need_no_beginning():
    dataset = tf.data.Dataset.range(3)
    pairs = passes(dataset, None, lambda one_pass: one_pass.batch(2))
    assert [x.numpy().tolist() for x in pairs.take(3)] == [[0, 1], [2], [0, 1]]


def test_what_is_made_of_each_pass():
    pairs = passes(ordered(), lambda: (0, 2), lambda one_pass: one_pass.batch(2))
    assert [x.numpy().tolist() for x in pairs.take(3)] == [[2], [10, 11], [12]]
