"""The interface of the item representations."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.layers import ItemInput, OneHotItem, Subnet


def test_build_is_for_children():
    with pytest.raises(NotImplementedError, match=r"`ItemInput` must override `build`"):
        ItemInput().build(ksr.Catalog(range(3)), columns=[2])


def test_most_inputs_carry_nothing():
    assert ItemInput().initial_states(rows=4) == []


def test_matrices_of_one_input_have_different_streams():
    class TwoMatrices(ItemInput):
        def build(self, catalog, columns):
            self.first = self._add_kernel("first", catalog.num_items, columns)
            self.second = self._add_kernel("second", catalog.num_items, columns)

    reader = TwoMatrices(seed=1)
    reader.build(ksr.Catalog(range(4)), columns=[2, 3])
    assert reader.first.shape == (4, 5)
    assert float(abs(reader.first.numpy() - reader.second.numpy()).max()) > 0.01


@pytest.mark.parametrize("layer", [OneHotItem(), Subnet(OneHotItem(), [3])])
def test_a_layer_that_knows_no_catalog_says_so(layer):
    with pytest.raises(ValueError, match=r"`\w+` does not know its catalog yet.*`build\(catalog"):
        layer(np.array([[1, 2]]), [])


def test_the_config_holds_no_catalog():
    subnet = Subnet(OneHotItem(seed=2), [3], seed=1)
    before = keras.saving.serialize_keras_object(subnet)
    subnet.build(ksr.Catalog(range(5)))
    assert keras.saving.serialize_keras_object(subnet) == before
    again = keras.saving.deserialize_keras_object(before)
    assert not again.built
    again.build(ksr.Catalog(range(5)))
    for ours, theirs in zip(again.weights, subnet.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_without_a_seed_keras_global_seed_decides():
    tables = []
    for seed in (3, 3, 4):
        keras.utils.set_random_seed(seed)
        reader = OneHotItem()
        reader.build(ksr.Catalog(range(5)), [3])
        tables.append(np.array(reader.table))
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.allclose(tables[0], tables[2])
