"""The 1-of-N input of the GRU4Rec paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_sessrec.layers.item_input import ItemInput


@keras.saving.register_keras_serializable(package="keras_sessrec")
class OneHotItem(ItemInput):
    """Reads the last event as a 1-of-N vector (Hidasi et al., ICLR 2016, section 3.1).

    A one-hot vector times the gates' input matrix is a row of that matrix, so this is
    one table lookup and its gradient touches only the rows that were read.

    Example:

    >>> reader = OneHotItem()
    >>> reader.attach(num_items=5, columns=[2, 2, 2])
    >>> gates, _ = reader(keras.ops.array([[1], [5]]), [])
    >>> gates.shape
    TensorShape([2, 1, 6])
    """

    item_tables = ("table",)

    def attach(self, num_items: int, columns: Sequence[int]) -> None:
        self.table = self._add_item_table("table", num_items, columns)
        self.built = True

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        return ops.cast(ops.take(self.table, items, axis=0), self.compute_dtype), []
