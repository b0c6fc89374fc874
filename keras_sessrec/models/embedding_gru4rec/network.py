"""The network of M4: a subnet, and what makes a vector of its hidden one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers import BlockUniform, ClickDropout, EmbeddedItem, Subnet
from keras_sessrec.models.embedding_gru4rec.cosine_scorer import CosineScorer
from keras_sessrec.models.embedding_gru4rec.masked_batch_normalization import (
    MaskedBatchNormalization,
)
from keras_sessrec.models.session_network import ONLY, Head, Output, SessionNetwork


class EmbeddingGRU4RecNetwork(SessionNetwork):
    """The network of `EmbeddingGRU4Rec`: a subnet, and what makes a vector of its hidden one."""

    def __init__(
        self,
        catalog: Catalog,
        embeddings: np.ndarray,
        units: Sequence[int],
        dense_activation: Any,
        click_dropout: float | ClickDropout,
        seed: int | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(catalog, seed, dtype=dtype)
        policy = {"dtype": self.dtype_policy}
        dim, width = embeddings.shape[1], units[-1]
        self.scorer = CosineScorer(catalog.num_items, dim, **policy)
        self.scorer.set_vectors(embeddings)
        self.subnet = Subnet(
            EmbeddedItem(scorer=self.scorer, seed=self.draw_seed(), **policy),
            units=units,
            click_dropout=click_dropout,
            seed=self.draw_seed(),
            **policy,
        )
        self.subnet.build(catalog)
        self.activation = keras.activations.get(dense_activation)
        self.dense = self._dense(width, 2 * width)
        self.norm = MaskedBatchNormalization(**policy)
        self.norm.build((None, 2 * width))
        self.output_dense = self._dense(2 * width, dim)

    def _dense(self, below: int, width: int) -> keras.layers.Dense:
        initializer = BlockUniform(seed=self.draw_seed())
        layer = keras.layers.Dense(width, kernel_initializer=initializer, dtype=self.dtype_policy)
        layer.build((None, below))
        return layer

    def initial_states(self, rows: int) -> list[Any]:
        return self.subnet.initial_states(rows)

    def encode(self, items: Any, states: Any = None, training: Any = False) -> tuple[Any, Any]:
        hidden, states = self.subnet(items, states, training=bool(training))
        return {ONLY: hidden}, states

    def head(self) -> Head:
        return Head(Output(self.scorer, {ONLY: self.predicted}))

    def predicted(self, parts: Any, live: Any = None) -> Any:
        """float `[rows, D]`, the vectors o, of live rows in training."""
        inner = self.norm(self.dense(parts[ONLY]), live, training=live is not None)
        return self.output_dense(self.activation(inner))
