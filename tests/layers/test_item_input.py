"""The interface of the item representations."""

import pytest

from keras_sessrec.layers import ItemInput


def test_attach_is_for_children():
    with pytest.raises(NotImplementedError, match=r"`ItemInput` must override `attach`"):
        ItemInput().attach(num_items=3, columns=[2])


def test_most_inputs_carry_nothing():
    assert ItemInput().initial_states(rows=4) == []


def test_matrices_of_one_input_have_different_streams():
    class TwoMatrices(ItemInput):
        def attach(self, num_items, columns):
            self.first = self._add_kernel("first", num_items, columns)
            self.second = self._add_kernel("second", num_items, columns)

    reader = TwoMatrices(seed=1)
    reader.attach(num_items=4, columns=[2, 3])
    assert reader.first.shape == (4, 5)
    assert float(abs(reader.first.numpy() - reader.second.numpy()).max()) > 0.01
