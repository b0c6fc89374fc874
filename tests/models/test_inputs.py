"""What a model lets in."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments
from keras_sessrec.models.inputs import as_arrays, check_input, check_memory, names_its_catalog

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
ITEMS = np.array([[1, 2, 3]] * 8)


@pytest.mark.parametrize(
    "x",
    [ITEMS, ITEMS.tolist(), tf.constant(ITEMS), {"item": ITEMS}, iter([ITEMS])],
    ids=["array", "lists", "tensor", "dict", "generator"],
)
def test_what_is_taken(x):
    check_input(x, CATALOG)
    assert not names_its_catalog(x)


@pytest.mark.parametrize(
    "x", [LOG, LOG.item_ids.tolist(), None, "clicks", ITEMS * 0.5, ITEMS[0], {"items": ITEMS}]
)
def test_something_else(x):
    with pytest.raises(ValueError, match=r"`x` must be batches made by `ksr.batches`.*Received: "):
        check_input(x, CATALOG)


@pytest.mark.parametrize("item", [-1, 11])
def test_items_outside_the_catalog(item):
    with pytest.raises(ValueError, match=rf"`x` must hold items 0\.\.10.*{item}"):
        check_input(np.array([[1, item]]), CATALOG)


def test_batches_of_another_catalog_are_refused_everywhere():
    other = ksr.Catalog(CATALOG.item_ids[::-1])
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    model.compile(**compile_arguments())
    train = ksr.batches.session_parallel(LOG, other, lanes=4)
    whole = ksr.batches.whole_sessions(LOG, other)
    own = ksr.batches.session_parallel(LOG, CATALOG, lanes=4)
    for name, call in {
        "x": lambda: model.fit(train.take(2), verbose=0),
        "validation_data": lambda: model.fit(own, validation_data=whole, verbose=0),
    }.items():
        with pytest.raises(ValueError, match=f"`{name}` must be batches of the model's catalog"):
            call()
    for call in (model.evaluate, model.predict):
        with pytest.raises(ValueError, match="other ones or in another order"):
            call(whole.map(lambda x, *_: x["item"]), verbose=0)


def test_arrays_follow_the_contract():
    x, y = as_arrays(ITEMS.tolist(), ITEMS)
    assert x["item"].dtype == np.int32 and y is ITEMS
    with pytest.raises(ValueError, match=r"`y` must be the next items.*Received: None"):
        as_arrays({"item": ITEMS}, None)


@pytest.mark.parametrize(
    ("x", "y"),
    [(ITEMS, np.roll(ITEMS, -1, 1)), ({"item": ITEMS}, np.full(8, 4))],
    ids=["array", "one target a row"],
)
def test_arrays_train(x, y):
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    model.compile(**compile_arguments())
    loss = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert loss[-1] < loss[0]


def test_a_dataset_batched_twice():
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    model.compile(**compile_arguments())
    data = ksr.batches.session_parallel(LOG, CATALOG, lanes=4).batch(2)
    with pytest.raises(ValueError, match=r"`x` must be items `\[rows, steps\]`.*batched twice"):
        model.fit(data, verbose=0)


def test_training_on_unknown_batches_sees_items_outside_the_catalog():
    x = {"item": np.array([[1], [99]], np.int32), "is_start": np.ones(2, bool)}
    foreign = tf.data.Dataset.from_tensors((x, np.array([[2], [3]], np.int32)))
    for jit in (True, False):
        model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
        model.compile(**compile_arguments(jit_compile=jit))
        with pytest.raises(ValueError, match=r"must hold items 0\.\.10.*Received: 99"):
            model.fit(foreign, verbose=0)


def test_more_memory_than_there_is():
    def batches(rows):
        spec = tf.TensorSpec((rows, 1), tf.int32)
        return tf.data.Dataset.from_generator(lambda: [], output_signature=(spec, spec))

    for fits in (batches(512), batches(None), ITEMS):
        check_memory(fits, ksr.samplers.Uniform(2048), CATALOG)
    with pytest.raises(ValueError, match=r"must be small enough.*10,000,000 targets.*GiB"):
        check_memory(batches(10_000_000), ksr.samplers.InBatch(), CATALOG)


def test_training_needs_compile():
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=4)
    for call in (
        lambda: model.fit(batches, verbose=0),
        lambda: model.train_on_batch(*next(iter(batches))),
    ):
        with pytest.raises(ValueError, match=r"Call `compile\(\)` before training"):
            call()


def test_without_a_seed_keras_global_seed_decides():
    weights = []
    for seed in (5, 5, 6):
        keras.utils.set_random_seed(seed)
        model = ksr.models.GRU4Rec(CATALOG, units=[4], tie_embeddings=True, hidden_dropout=0.2)
        model.compile(**compile_arguments())
        model.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=4), verbose=0)
        weights.append(model.get_weights())
    for first, second, third in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, third)
