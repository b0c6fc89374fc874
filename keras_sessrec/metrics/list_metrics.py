"""Metrics of what is recommended: coverage, popularity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.metrics.formulas import relative_popularity
from keras_sessrec.metrics.rank_metrics import RankMetric, rank_of_target
from keras_sessrec.ops.selection import check_k, top_k


class TopKMetric(keras.metrics.Metric):
    """A metric of the `k` best scored items, whatever the target is.

    A metric of your own overrides `update_top_k` and `default_name`.

    Args:
        k: int, how many items are recommended.
        name: str. Defaults to the metric and its cut-off, such as `"coverage_at_20"`.
        dtype: dtype of the state.

    Raises:
        ValueError: `k` is not a positive integer, or (when scores come) there are fewer items.
    """

    default_name = "top_k_metric"

    def __init__(self, k: int, name: str | None = None, dtype: Any = None) -> None:
        k = check_k(k)
        super().__init__(name=name or f"{self.default_name}_at_{k}", dtype=dtype)
        self.k = k

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of scores `[..., N]`, whatever `y_true`; weight 0 ignores an event."""
        y_pred = ops.convert_to_tensor(y_pred)
        self.check_width(y_pred.shape[-1])
        _, columns = top_k(ops.reshape(y_pred, (-1, y_pred.shape[-1])), self.k)
        self.update_top_k(columns, sample_weight)

    def check_width(self, num_items: int) -> None:
        """Raises a `ValueError` if the metric is not of so many items."""
        check_k(self.k, most=num_items)

    def update_top_k(self, columns: Any, sample_weight: Any = None) -> None:
        """Adds a batch of recommendations, so that one top-k serves several metrics.

        Args:
            columns: int `[rows, at least k]`, columns (item - 1) of the best scores,
                best first; what is beyond the first `k` is ignored.
            sample_weight: float, one entry a row; 0 ignores a row. Defaults to 1.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement `update_top_k`.")

    def _first_k(self, columns: Any, sample_weight: Any) -> tuple[Any, Any]:
        """The first k columns as int32 and the weights as `[rows]`."""
        columns = ops.cast(columns, "int32")
        if columns.shape[-1] < self.k:
            raise ValueError(
                f"`columns` must hold at least k={self.k} recommendations a row. "
                f"Received: shape {tuple(columns.shape)}."
            )
        columns = columns[:, : self.k]
        if sample_weight is None:
            return columns, ops.ones_like(columns[:, 0], dtype=self.dtype)
        return columns, ops.reshape(ops.cast(sample_weight, self.dtype), (-1,))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable(package="keras_sessrec")
class CoverageAtK(TopKMetric):
    """Share of the catalog that was recommended at least once since the last reset.

    Args:
        k: int, how many items are recommended.
        num_items: int, number N of items, `catalog.num_items`.
        name, dtype: As in `TopKMetric`.

    Raises:
        ValueError: `k` is not in 1..N, or (when scores come) they are of another number of items.

    Example:

    >>> metric = CoverageAtK(k=1, num_items=4)
    >>> scores = [[9.0, 1.0, 5.0, 0.0], [7.0, 3.0, 6.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    >>> metric.update_state([0, 0, 0], scores)
    >>> float(metric.result())
    0.5
    """

    default_name = "coverage"

    def __init__(self, k: int, num_items: int, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(k, name, dtype)
        if num_items < k:
            raise ValueError(f"`num_items` must be at least k={k}. Received: {num_items}.")
        self.num_items = int(num_items)
        self.seen = self.add_variable((num_items,), initializer="zeros", name="seen")

    def check_width(self, num_items: int) -> None:
        _check_same(num_items, self.num_items)

    def update_top_k(self, columns: Any, sample_weight: Any = None) -> None:
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


@keras.saving.register_keras_serializable(package="keras_sessrec")
class PopularityAtK(TopKMetric):
    """Mean popularity of what is recommended, relative to the most popular item.

    1 means that only the most popular item is recommended; near 0, that the long
    tail is. Next to Recall it tells a model that knows the session from one that
    knows the best sellers.

    Args:
        k: int, how many items are recommended.
        counts: Sequence of N ints, events of each item in training, `catalog.counts`.
        name, dtype: As in `TopKMetric`.

    Raises:
        ValueError: `k` is not a positive integer, no count is positive, or (when scores come)
            they are of another number of items.

    Example:

    >>> metric = PopularityAtK(k=1, counts=[10, 5, 1])
    >>> metric.update_state([0, 0], [[9.0, 1.0, 5.0], [3.0, 7.0, 6.0]])
    >>> float(metric.result())
    0.75
    """

    default_name = "popularity"

    def __init__(
        self, k: int, counts: Sequence[int], name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(k, name, dtype)
        self.counts = np.asarray(counts)
        self._popularity = relative_popularity(self.counts).astype("float32")
        self.total = self.add_variable((), initializer="zeros", name="total")
        self.count = self.add_variable((), initializer="zeros", name="count")

    def check_width(self, num_items: int) -> None:
        super().check_width(num_items)
        _check_same(num_items, len(self.counts))

    def update_top_k(self, columns: Any, sample_weight: Any = None) -> None:
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


def _check_same(scored: int, known: int) -> None:
    """Raises a `ValueError` if scores and metric are of different catalogs."""
    if scored != known:
        raise ValueError(
            f"The metric must be of the catalog that is scored, {scored} items. "
            f"Received: one of {known} items."
        )


def update_metrics(
    metrics: Sequence[keras.metrics.Metric], y_true: Any, scores: Any, sample_weight: Any
) -> None:
    """Updates metrics, ours and Keras', with a batch of scores `[rows, N]` of the whole catalog.

    Ranks are counted once per tie rule, and the longest top-k is found once.
    """
    for metric in metrics:
        if isinstance(metric, (RankMetric, TopKMetric)):
            metric.check_width(scores.shape[-1])
    ranks: dict[str, Any] = {}
    best = None
    longest = max((m.k for m in metrics if isinstance(m, TopKMetric)), default=0)
    for metric in metrics:
        if isinstance(metric, RankMetric):
            if metric.ties not in ranks:
                ranks[metric.ties] = rank_of_target(scores, y_true, metric.ties)
            metric.update_rank(ranks[metric.ties], sample_weight=sample_weight)
        elif isinstance(metric, TopKMetric):
            best = top_k(scores, longest)[1] if best is None else best
            metric.update_top_k(best, sample_weight=sample_weight)
        else:
            metric.update_state(y_true, scores, sample_weight=sample_weight)
