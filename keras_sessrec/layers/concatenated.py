"""Several representations of an item read side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.layers.item_input import ItemInput


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Concatenated(ItemInput):
    """Reads the concatenation of several representations, the paper's plain baseline.

    Hidasi et al. (RecSys 2016), section 3.1. The product of a concatenated vector is the
    sum of its parts' products, so nothing is concatenated: each part multiplies by its own
    block of rows.

    Args:
        parts: Sequence of `ItemInput`.

    Raises:
        ValueError: There are fewer than two parts.

    Example:

    >>> reader = Concatenated([ksr.layers.OneHotItem(), ksr.layers.EmbeddedItem(dim=2)])
    >>> reader.build(ksr.Catalog(range(5)), columns=[2, 2, 2])
    >>> gates, _ = reader(keras.ops.array([[1], [5]]), [])
    >>> gates.shape
    TensorShape([2, 1, 6])
    """

    def __init__(self, parts: Sequence[ItemInput], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = list(parts)
        if len(self.parts) < 2:
            raise ValueError(
                "`parts` must hold at least two representations; one alone needs no "
                f"`Concatenated`. Received: {len(self.parts)}."
            )

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        for part in self.parts:
            part.build(catalog, columns)

    def initial_states(self, rows: int) -> list[Any]:
        return [state for part in self.parts for state in part.initial_states(rows)]

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        total, new_states, begin = 0, [], 0
        for part in self.parts:
            count = len(part.initial_states(1))
            gates, carried = part(items, states[begin : begin + count], training=training)
            total = total + gates
            new_states += carried
            begin += count
        return total, new_states

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "parts": keras.saving.serialize_keras_object(self.parts)}
