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
from keras_sessrec.layers.recurrent_cells import as_widths
from keras_sessrec.models.session_network import ONLY, Head, SessionNetwork


class GRU4RecNetwork(SessionNetwork):
    """The network of `GRU4Rec`, whose arguments it takes: one subnet and a score per item."""

    def __init__(
        self,
        catalog: Catalog,
        units: Sequence[int] | int = (100,),
        tie_embeddings: bool = False,
        embedding_dim: int | None = None,
        input_discount: float | None = None,
        input_window: int | None = None,
        embedding_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        dense_units: Sequence[int] | int = (),
        normalize: bool = False,
        score_scale: float = 16.0,
        seed: int | None = None,
        dtype: Any = None,
        **subnet: Any,
    ) -> None:
        chosen = [bool(tie_embeddings), embedding_dim is not None, input_discount is not None]
        if sum(chosen) > 1:
            raise ValueError(
                "Choose at most one of `tie_embeddings`, `embedding_dim` and `input_discount`. "
                f"Received: tie_embeddings={tie_embeddings}, embedding_dim={embedding_dim}, "
                f"input_discount={input_discount}."
            )
        if input_window is not None and input_discount is None:
            raise ValueError(
                "`input_window` needs `input_discount`, whose clicks it counts. "
                f"Received: input_window={input_window}, input_discount=None."
            )
        for name, rate in (("embedding", embedding_dropout), ("hidden", hidden_dropout)):
            if not 0 <= rate < 1:
                raise ValueError(
                    f"`{name}_dropout` must be in [0, 1). Received: {name}_dropout={rate}."
                )
        if embedding_dropout and not any(chosen[:2]):
            raise ValueError(
                "`embedding_dropout` needs an embedding: set `tie_embeddings` or "
                f"`embedding_dim`. Received: embedding_dropout={embedding_dropout}."
            )
        units, dense_units = (
            as_widths("units", units),
            as_widths("dense_units", dense_units, least=0),
        )
        super().__init__(catalog, seed, dtype=dtype)
        policy = {"dtype": self.dtype_policy}
        widths = [*units, *dense_units]
        self.scorer = ItemScorer(
            catalog.num_items,
            widths[-1],
            normalize=normalize,
            scale=score_scale,
            seed=self.draw_seed(),
            **policy,
        )
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
