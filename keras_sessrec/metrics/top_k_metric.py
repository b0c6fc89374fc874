"""Base of the metrics that depend on what is recommended."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.top_k import check_k, top_k


class TopKMetric(keras.metrics.Metric):
    """A metric of the `k` best scored items, whatever the target is.

    A metric of your own overrides `update_top_k`.

    Args:
        k: int, how many items are recommended.
        name: str.
        dtype: dtype of the state.

    Raises:
        ValueError: `k` is not a positive integer.
    """

    def __init__(self, k: int, name: str, dtype: Any = None) -> None:
        check_k(k)
        super().__init__(name=name, dtype=dtype)
        self.k = k

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of scores.

        Args:
            y_true: ignored.
            y_pred: float `[..., N]`, scores.
            sample_weight: float `[...]`; 0 ignores an event. Defaults to 1.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        _, columns = top_k(ops.reshape(y_pred, (-1, y_pred.shape[-1])), self.k)
        self.update_top_k(columns, sample_weight)

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
