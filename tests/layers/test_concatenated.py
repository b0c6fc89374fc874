"""Representations side by side."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.layers import Concatenated, DiscountedItems, EmbeddedItem, OneHotItem


def test_the_parts_products_add_up_and_states_go_to_their_owners():
    parts = [
        DiscountedItems(window=3, seed=1),
        OneHotItem(seed=2),
        DiscountedItems(window=2, seed=3),
    ]
    reader = Concatenated(parts)
    reader.build(ksr.Catalog(range(5)), [2, 2, 2])
    states = reader.initial_states(2)
    assert [s.shape for s in states] == [(2, 2), (2, 1)]
    items = np.array([[1, 2], [5, 0]], np.int32)
    gates, new_states = reader(items, states)
    expected = sum(part(items, part.initial_states(2))[0] for part in parts)
    np.testing.assert_allclose(gates, expected, atol=1e-6)
    assert [s.numpy().tolist() for s in new_states] == [[[1, 2], [0, 5]], [[2], [5]]]


def test_config_round_trip():
    reader = Concatenated([OneHotItem(seed=1), EmbeddedItem(dim=3, seed=2)], seed=4)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(reader))
    assert [type(p) for p in again.parts] == [OneHotItem, EmbeddedItem]
    assert again.get_config() == reader.get_config()


def test_one_part_is_an_error():
    with pytest.raises(ValueError, match="at least two representations"):
        Concatenated([OneHotItem()])


def test_features_are_bound_in_every_part():
    catalog = ksr.Catalog(["tea", "cup"]).with_features("size", [[1.0], [2.0]])
    reader = Concatenated([OneHotItem(), ksr.layers.FeatureTable("size")])
    reader.build(catalog, [3])
    np.testing.assert_array_equal(reader.parts[1].values, [[0], [1], [2]])
