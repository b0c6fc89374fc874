"""Base of the metrics that depend on the rank of the target alone."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.metrics.rank_of_target import check_ties, rank_of_target
from keras_sessrec.top_k import check_k


class RankMetric(keras.metrics.Mean):
    """Mean, over events, of a value of the target's rank.

    The mean is over all events since the last reset, however they were batched:
    a short last batch does not count more than its events. Scores must be of the
    whole catalog: a rank among sampled candidates is not comparable.

    A metric of your own overrides `value_of_rank`.

    Args:
        k: int, cut-off, inclusive. Defaults to 20.
        ties: `"conservative"` (default), `"standard"` or `"median"`: the rank among
            equal scores, see `rank_of_target`.
        name: str. Defaults to the metric and its cut-off, such as `"recall_at_20"`.
        dtype: dtype of the running sums.

    Raises:
        ValueError: `k` is not a positive integer, or `ties` is none of the three.
    """

    def __init__(
        self,
        k: int = 20,
        ties: str = "conservative",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        check_k(k)
        check_ties(ties)
        super().__init__(name=name, dtype=dtype)
        self.k = k
        self.ties = ties

    def value_of_rank(self, rank: Any) -> Any:
        """What each rank is worth.

        Args:
            rank: float tensor of any shape, counted from 1.

        Returns:
            Tensor of the same shape.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement `value_of_rank(rank)`.")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of scores.

        Args:
            y_true: int `[...]` or `[..., 1]`, column of the target among the scores.
            y_pred: float `[..., N]`, scores (any increasing function of them ranks the same).
            sample_weight: float `[...]`; 0 ignores an event. Defaults to 1.
        """
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if len(y_true.shape) == len(y_pred.shape):
            y_true = ops.squeeze(y_true, axis=-1)
        self.update_rank(rank_of_target(y_pred, y_true, self.ties), sample_weight)

    def update_rank(self, rank: Any, sample_weight: Any = None) -> None:
        """Adds a batch of ranks, so that one count of ranks serves several metrics.

        Args:
            rank: float `[...]`, counted from 1 by the rule `ties` of this metric.
            sample_weight: float `[...]`; 0 ignores an event. Defaults to 1.
        """
        values = self.value_of_rank(ops.cast(rank, "float32"))
        super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "k": self.k, "ties": self.ties}
