"""Fixed features as input."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr

ROWS = np.array([[0.0, 2.0, 0.0, -1.0], [0.5, 0.0, 0.0, 0.0], [0.0] * 4], np.float32)
CATALOG = (
    ksr.Catalog(["tea", "cup", "pot"])
    .with_features("dense", ROWS)
    .with_features("sparse", ksr.ItemFeatures.sparse([0, 2, 3, 3], [1, 3, 0], [2.0, -1.0, 0.5], 4))
)
ITEMS = np.array([[1, 2], [3, 0]], np.int32)


def reader(name):
    layer = ksr.layers.FeatureTable(name, seed=1)
    layer.build(CATALOG, [2, 2, 2])
    return layer


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_gates_are_the_features_times_the_kernel(name):
    layer = reader(name)
    kernel = np.array(layer.kernel)[-4:]  # a sparse one has a row for padding
    features = np.concatenate([np.zeros((1, 4)), ROWS])[ITEMS]
    gates, states = layer(ITEMS, [])
    np.testing.assert_allclose(gates, features @ kernel, atol=1e-6)
    assert states == []


def test_the_gradient_of_a_sparse_table_touches_the_rows_of_its_entries_only():
    layer = reader("sparse")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(ITEMS, [])[0])
    gradient = tape.gradient(total, layer.kernel)
    assert isinstance(gradient, tf.IndexedSlices)
    dense = np.array(tf.convert_to_tensor(gradient))
    np.testing.assert_allclose(dense[:, 0], [0, 0.5, 2.0, 0, -1.0], atol=1e-6)


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_only_the_kernel_is_trained(name):
    layer = reader(name)
    assert [w.name for w in layer.trainable_weights] == ["kernel"]


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match=r"one of the catalog's \['dense', 'sparse'\]"):
        ksr.layers.FeatureTable("image").build(CATALOG, [2])
