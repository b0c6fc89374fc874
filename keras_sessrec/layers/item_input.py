"""The interface of what a recurrent network reads of an item, and the 1-of-N input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.ops.seeds import draw_seed, new_rng


class CatalogLayer(keras.layers.Layer):
    """Base of the layers whose weights are as tall as a catalog.

    No input's shape tells how tall, so `build` takes the catalog. A model builds its layers
    itself; one that is used alone is built by hand before it is called.

    Args:
        seed: int or `None`, of the initial weights and of dropout.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self._rng = new_rng(seed)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.built:
            raise ValueError(
                f"`{type(self).__name__}` does not know its catalog yet. A model builds its "
                "layers; to use one alone, call its `build(catalog, ...)` first."
            )
        return super().__call__(*args, **kwargs)

    def get_build_config(self) -> None:
        """Returns nothing: who loads the layer builds it from a catalog again."""

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> CatalogLayer:
        """Makes the layer, and first those that are its arguments, of what was saved."""
        return cls(**keras.saving.deserialize_keras_object(config))

    def _add_kernel(self, name: str, rows: int, columns: Sequence[int]) -> Any:
        """A dense input matrix, gate by gate at its own scale."""
        initializer = BlockUniform(columns, seed=draw_seed(self._rng))
        return self.add_weight((rows, sum(columns)), initializer=initializer, name=name)


class ItemInput(CatalogLayer):
    """Base of the item representations: items in, the gates' input products out.

    A representation owns the input matrices of the recurrent layers that read it. So a one-hot
    item is a row lookup in them, an embedded item a lookup and a small product, and no N-wide
    vector ever exists. Children override `build` and `call`.

    Args:
        seed: int or `None`, of the initial weights and of dropout.

    Attributes:
        item_tables: tuple of str, the attributes that hold weights with one row per item
            after row 0. `SessionRecommender.warm_start` matches their rows by raw id.

    Call arguments:
        items: int `[rows, steps]`, items 1..N, 0 where padded.
        states: list of tensors carried from the previous call (most inputs have none).
        training: bool.

    Returns:
        Tuple of float `[rows, steps, sum(columns)]` and the list of new states.
    """

    item_tables: tuple[str, ...] = ()

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        """Creates the weights for a catalog; `columns` are the widths of the gate blocks."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `build`.")

    def initial_states(self, rows: int) -> list[Any]:
        """Returns the states of a session without events."""
        return []

    def _add_item_table(self, name: str, num_items: int, columns: Sequence[int]) -> Any:
        """A table with one row per item after the padding row 0."""
        return self.add_weight(
            shape=(num_items + 1, sum(columns)),
            autocast=False,  # children cast the rows they read, not the whole table
            initializer=BlockUniform(columns, rows=num_items, seed=draw_seed(self._rng)),
            name=name,
        )


@keras.saving.register_keras_serializable(package="keras_sessrec")
class OneHotItem(ItemInput):
    """Reads the last event as a 1-of-N vector (Hidasi et al., ICLR 2016, section 3.1).

    A one-hot vector times the gates' input matrix is a row of that matrix, so this is
    one table lookup and its gradient touches only the rows that were read.

    Example:

    >>> reader = OneHotItem()
    >>> reader.build(ksr.Catalog(range(5)), columns=[2, 2, 2])
    >>> gates, _ = reader(keras.ops.array([[1], [5]]), [])
    >>> gates.shape
    TensorShape([2, 1, 6])
    """

    item_tables = ("table",)

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        self.table = self._add_item_table("table", catalog.num_items, columns)

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        return ops.cast(ops.take(self.table, items, axis=0), self.compute_dtype), []
