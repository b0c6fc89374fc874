"""Catalog coverage of the recommendations."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.metrics.top_k_metric import TopKMetric


@keras.saving.register_keras_serializable(package="keras_sessrec")
class CoverageAtK(TopKMetric):
    """Share of the catalog that was recommended at least once since the last reset.

    Args:
        k: int, how many items are recommended.
        num_items: int, number N of items, `catalog.num_items`.
        name: str. Defaults to `"coverage_at_{k}"`.
        dtype: dtype of the state, N numbers.

    Raises:
        ValueError: `k` is not a positive integer, or greater than `num_items`.

    Example:

    >>> metric = CoverageAtK(k=1, num_items=4)
    >>> scores = [[9.0, 1.0, 5.0, 0.0], [7.0, 3.0, 6.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    >>> metric.update_state([0, 0, 0], scores)
    >>> float(metric.result())
    0.5
    """

    def __init__(self, k: int, num_items: int, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(k, name or f"coverage_at_{k}", dtype)
        if num_items < k:
            raise ValueError(f"`num_items` must be at least k={k}. Received: {num_items}.")
        self.num_items = num_items
        self.seen = self.add_variable((num_items,), initializer="zeros", name="seen")

    def update_top_k(self, columns: Any, sample_weight: Any = None) -> None:
        """Adds a batch of recommendations; see `TopKMetric.update_top_k`."""
        columns, weights = self._first_k(columns, sample_weight)
        counted = ops.broadcast_to(ops.cast(weights > 0, self.dtype)[:, None], ops.shape(columns))
        hits = ops.segment_sum(
            ops.reshape(counted, (-1,)), ops.reshape(columns, (-1,)), num_segments=self.num_items
        )
        self.seen.assign(ops.maximum(self.seen, ops.cast(hits > 0, self.dtype)))

    def result(self) -> Any:
        """Returns the share, in 0..1."""
        return ops.mean(self.seen)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_items": self.num_items}
