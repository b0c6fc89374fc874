"""An item read through an embedding, its own or the output's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_sessrec.batches.dataset import check_counts
from keras_sessrec.catalog import Catalog
from keras_sessrec.layers.item_input import ItemInput
from keras_sessrec.ops.counter_random import dropout_mask
from keras_sessrec.ops.seeds import draw_seed


@keras.saving.register_keras_serializable(package="keras_sessrec")
class EmbeddedItem(ItemInput):
    """Reads the last event as a row of an embedding table, with dropout.

    With `scorer` the table is the one that scores the items (tied embeddings,
    "constrained" in the authors' code): one variable, whose gradient is the sum of
    both roles.

    Args:
        dim: int or `None`. Embedding size; `None` when `scorer` gives it.
        dropout: float in [0, 1), share of the embedding's entries that are zeroed in
            training (inverted scaling). Defaults to 0.
        scorer: Layer with `dim` and `lookup`, such as `ItemScorer`, whose vectors are
            read, or `None` for a table of its own.

    Example:

    >>> reader = EmbeddedItem(dim=3)
    >>> reader.build(ksr.Catalog(range(5)), columns=[2, 2, 2])
    >>> gates, _ = reader(keras.ops.array([[1], [5]]), [])
    >>> gates.shape
    TensorShape([2, 1, 6])
    """

    item_tables = ("own_table",)

    def __init__(
        self,
        dim: int | None = None,
        dropout: float = 0.0,
        scorer: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (dim is None) == (scorer is None):
            raise ValueError(
                "Give either `dim` (a table of its own) or `scorer` (a shared table). "
                f"Received: dim={dim}, scorer={scorer}."
            )
        if scorer is None:
            check_counts(dim=dim)
        self.dim: Any = dim if scorer is None else scorer.dim
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}.")
        self.dropout = dropout
        self.dropout_seed = keras.random.SeedGenerator(draw_seed(self._rng))
        self.scorer = scorer

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        if self.scorer is None:
            self.own_table = self._add_item_table("table", catalog.num_items, [self.dim])
        self.kernel = self._add_kernel("kernel", self.dim, columns)

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        vectors = ops.cast(self.vectors(items), self.compute_dtype)
        if training and self.dropout:
            drawn = (self.dropout, self.dropout_seed, self.compute_dtype)
            vectors = vectors * dropout_mask(ops.shape(vectors), *drawn)
        return ops.matmul(vectors, ops.cast(self.kernel, vectors.dtype)), []

    def vectors(self, items: Any) -> Any:
        """Returns the embeddings of items (int of any shape, 0 for padding), float `[..., dim]`."""
        if self.scorer is None:
            return ops.take(self.own_table, items, axis=0)
        return self.scorer.lookup(items)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "dim": None if self.scorer else self.dim,
            "dropout": self.dropout,
            "scorer": keras.saving.serialize_keras_object(self.scorer),
        }
