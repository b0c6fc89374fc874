"""Sessions of different lengths, each read to its own end."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr

ITEMS = np.array(
    [[3, 0, 0, 0], [1, 2, 3, 4], [0, 0, 0, 0], [5, 0, 6, 0], [2, 2, 0, 0], [0, 0, 0, 7]], np.int32
)


def networks():
    catalog = ksr.Catalog([f"i{n}" for n in range(7)], np.arange(7, 0, -1))
    images = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    subnet, layers = ksr.layers.Subnet, ksr.layers
    yield "one-hot", ksr.models.GRU4Rec(catalog, units=[6, 5], seed=1)
    yield "lstm", ksr.models.GRU4Rec(catalog, units=[6], cell="lstm", tie_embeddings=True, seed=1)
    yield "discounted", ksr.models.GRU4Rec(catalog, units=[6], input_discount=0.5, seed=1)
    yield "embedding", ksr.models.EmbeddingGRU4Rec(catalog, images, units=[6], seed=1)
    yield (
        "parallel",
        ksr.models.ParallelGRU4Rec(
            catalog.with_features("image", images),
            {
                "item": subnet(layers.OneHotItem(seed=1), [4], seed=1),
                "image": subnet(layers.FeatureTable("image", seed=2), [4], seed=2),
            },
            fusion="interaction",
            seed=1,
        ),
    )


@pytest.mark.parametrize("network", networks(), ids=lambda network: network[0])
@pytest.mark.parametrize("static", [False, True])
def test_scores_equal_those_of_whole_padded_rows(network, static):
    spec = tf.TensorSpec(ITEMS.shape if static else [None, None], tf.int32)
    model = network[1]
    ours = tf.function(model.score_in_graph, input_signature=[spec], autograph=False)(ITEMS)
    np.testing.assert_allclose(ours, model(ITEMS), rtol=1e-5, atol=1e-6)


def test_a_step_is_run_for_the_sessions_that_have_it_only():
    rows = []

    def encode(items, states):
        tf.py_function(lambda n: rows.append(int(n)), [tf.shape(items)[0]], [])
        return {"only": tf.cast(items, "float32")[..., None]}, states

    length = (ITEMS > 0).sum(axis=1)
    left = np.array([np.r_[row[row > 0], row[row == 0]] for row in ITEMS])
    hidden = ksr.models.last_hidden.last_hidden(encode, [], left, length)
    last = left[np.arange(len(left)), np.maximum(length - 1, 0)]
    np.testing.assert_array_equal(hidden["only"][:, 0], last)
    assert rows == [6, 3, 1, 1]  # all rows at the first step, an empty one included


def test_half_precision_gives_the_same_scores():
    catalog = ksr.Catalog(["a", "b", "c"])
    model = ksr.models.GRU4Rec(catalog, units=[4], dtype="mixed_bfloat16", seed=1)

    items = np.array([[1, 2], [3, 0]], np.int32)
    np.testing.assert_allclose(model.score(items), model(items), rtol=1e-2)
