"""An item read through fixed features: an image's vector, the words of a title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.layers.item_input import ItemInput
from keras_sessrec.ops.weight_memory import take_weights


@keras.saving.register_keras_serializable(package="keras_sessrec")
class FeatureTable(ItemInput):
    """Reads the last event as its item's feature vector, which training does not change.

    Hidasi et al. (RecSys 2016), section 3: the features go straight into the recurrent
    layer, without an embedding in between. A sparse table (a title's words) is a weighted
    lookup of the rows of its few non-zeros; no vector as wide as the vocabulary exists.
    An item without features reads as zeros.

    Args:
        features: str, which of the catalog's features (`Catalog.with_features`).

    Example:

    >>> catalog = ksr.Catalog(["tea", "cup"]).with_features("size", [[0.1], [0.9]])
    >>> reader = FeatureTable("size")
    >>> reader.build(catalog, columns=[2, 2, 2])
    >>> gates, _ = reader(keras.ops.array([[1, 2]]), [])
    >>> gates.shape
    TensorShape([1, 2, 6])
    """

    def __init__(self, features: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.features = features

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        known = catalog.features or {}
        if self.features not in known:
            raise ValueError(
                f"`features` must be one of the catalog's {sorted(known)}; add them with "
                f"`catalog.with_features`. Received: features={self.features!r}."
            )
        source = known[self.features]
        self.is_sparse = source.is_sparse
        # One row more: padding, which has no features.
        if source.is_sparse:
            take_weights((source.num_items, source.max_entries), itemsize=8)
            entries, values = source.padded()
            self.entries = self._fixed("entries", np.where(values != 0, entries + 1, 0), "int32")
            self.values = self._fixed("values", values, "float32")
            self.kernel = self._add_item_table("kernel", source.width, columns)
        else:
            self.values = self._fixed("values", source.matrix, "float32")
            self.kernel = self._add_kernel("kernel", source.width, columns)

    def _fixed(self, name: str, rows: np.ndarray, dtype: str) -> Any:
        """A table that is saved with the model and never trained."""
        table = np.concatenate([np.zeros((1, rows.shape[1]), dtype), rows.astype(dtype)])
        return self.add_weight(
            shape=table.shape,
            dtype=dtype,
            initializer=lambda shape, dtype: ops.convert_to_tensor(table, dtype=dtype),
            trainable=False,
            autocast=False,
            name=name,
        )

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        values = ops.cast(ops.take(self.values, items, axis=0), self.compute_dtype)
        if not self.is_sparse:
            return ops.matmul(values, ops.cast(self.kernel, values.dtype)), []
        entries = ops.take(self.entries, items, axis=0)
        rows = ops.cast(ops.take(self.kernel, entries, axis=0), self.compute_dtype)
        return ops.squeeze(ops.matmul(values[..., None, :], rows), axis=-2), []

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "features": self.features}
