"""Popularity of the recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.metrics.formulas import relative_popularity
from keras_sessrec.metrics.top_k_metric import TopKMetric


@keras.saving.register_keras_serializable(package="keras_sessrec")
class PopularityAtK(TopKMetric):
    """Mean popularity of what is recommended, relative to the most popular item.

    1 means that only the most popular item is recommended; near 0, that the long
    tail is. Next to Recall it tells a model that knows the session from one that
    knows the best sellers.

    Args:
        k: int, how many items are recommended.
        counts: Sequence of N ints, events of each item in training, `catalog.counts`.
        name: str. Defaults to `"popularity_at_{k}"`.
        dtype: dtype of the running sums.

    Raises:
        ValueError: `k` is not a positive integer, or no count is positive.

    Example:

    >>> metric = PopularityAtK(k=1, counts=[10, 5, 1])
    >>> metric.update_state([0, 0], [[9.0, 1.0, 5.0], [3.0, 7.0, 6.0]])
    >>> float(metric.result())
    0.75
    """

    def __init__(
        self, k: int, counts: Sequence[int], name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(k, name or f"popularity_at_{k}", dtype)
        self.counts = np.asarray(counts)
        self._popularity = relative_popularity(self.counts).astype("float32")
        self.total = self.add_variable((), initializer="zeros", name="total")
        self.count = self.add_variable((), initializer="zeros", name="count")

    def update_top_k(self, columns: Any, sample_weight: Any = None) -> None:
        """Adds a batch of recommendations; see `TopKMetric.update_top_k`."""
        columns, weights = self._first_k(columns, sample_weight)
        popularity = ops.mean(ops.take(self._popularity, columns, axis=0), axis=-1)
        self.total.assign_add(ops.sum(weights * ops.cast(popularity, self.dtype)))
        self.count.assign_add(ops.sum(weights))

    def result(self) -> Any:
        """Returns the mean, in 0..1."""
        return ops.divide_no_nan(self.total, self.count)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "counts": self.counts.tolist()}
