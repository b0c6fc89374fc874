"""The network of GRU4Rec: one recurrent subnet, and a vector per item that scores it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers import (
    BlockUniform,
    DiscountedItems,
    EmbeddedItem,
    ItemInput,
    ItemScorer,
    OneHotItem,
    Subnet,
)
from keras_sessrec.models.session_network import ONLY, Head, SessionNetwork


class GRU4RecNetwork(SessionNetwork):
    """The network of `GRU4Rec`, whose arguments it takes: one subnet and a score per item."""

    def __init__(
        self,
        catalog: Catalog,
        units: Sequence[int],
        tie_embeddings: bool,
        embedding_dim: int | None,
        input_discount: float | None,
        input_window: int | None,
        embedding_dropout: float,
        hidden_dropout: float,
        dense_units: Sequence[int],
        seed: int | None = None,
        dtype: Any = None,
        **subnet: Any,
    ) -> None:
        super().__init__(catalog, seed, dtype=dtype)
        policy = {"dtype": self.dtype_policy}
        widths = [*units, *dense_units]
        self.scorer = ItemScorer(catalog.num_items, widths[-1], seed=self.draw_seed(), **policy)
        item_input = self._item_input(
            embedding_dim, tie_embeddings, input_discount, input_window, embedding_dropout
        )
        self.subnet = Subnet(
            item_input, units, dropout=hidden_dropout, seed=self.draw_seed(), **subnet, **policy
        )
        self.subnet.build(catalog)
        self.dense = []
        for below, width in zip(widths[-len(dense_units) - 1 :], dense_units, strict=False):
            initializer = BlockUniform(seed=self.draw_seed())
            layer = keras.layers.Dense(width, "tanh", kernel_initializer=initializer, **policy)
            layer.build((None, below))
            self.dense.append(layer)

    def _item_input(
        self,
        dim: int | None,
        tied: bool,
        discount: float | None,
        window: int | None,
        dropout: float,
    ) -> ItemInput:
        """What the recurrent layers read of an event."""
        common = {"seed": self.draw_seed(), "dtype": self.dtype_policy}
        if tied:
            return EmbeddedItem(scorer=self.scorer, dropout=dropout, **common)
        if dim is not None:
            return EmbeddedItem(dim=dim, dropout=dropout, **common)
        if discount is not None:
            return DiscountedItems(discount=discount, window=window, **common)
        return OneHotItem(**common)

    def initial_states(self, rows: int) -> list[Any]:
        return self.subnet.initial_states(rows)

    def encode(self, items: Any, states: Any = None, training: Any = False) -> tuple[Any, Any]:
        hidden, states = self.subnet(items, states, training=bool(training))
        for layer in self.dense:
            hidden = layer(hidden)
        return {ONLY: hidden}, states

    def head(self) -> Head:
        return Head.of(self.scorer)
