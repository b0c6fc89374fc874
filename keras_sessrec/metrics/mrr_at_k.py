"""Mean reciprocal rank of the next item."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.metrics.formulas import reciprocal_rank
from keras_sessrec.metrics.rank_metric import RankMetric


@keras.saving.register_keras_serializable(package="keras_sessrec")
class MRRAtK(RankMetric):
    """Mean reciprocal rank of the next item, 0 where it is not among the `k` best.

    Args:
        k: int, cut-off, inclusive. Defaults to 20.
        ties: `"conservative"` (default), `"standard"` or `"median"`: the rank among
            equal scores, see `rank_of_target`.
        name: str. Defaults to `"mrr_at_{k}"`.
        dtype: dtype of the running sums.

    Example:

    >>> metric = MRRAtK(k=2)
    >>> metric.update_state([0, 2], [[9.0, 1.0, 5.0], [7.0, 3.0, 6.0]])  # ranks 1, 2
    >>> metric.update_state([1], [[8.0, 0.0, 4.0]])  # rank 3
    >>> round(float(metric.result()), 4)
    0.5
    """

    def __init__(
        self,
        k: int = 20,
        ties: str = "conservative",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(k, ties, name or f"mrr_at_{k}", dtype)

    def value_of_rank(self, rank: Any) -> Any:
        """1 / rank if the rank is at most `k`, else 0."""
        return reciprocal_rank(rank, self.k)
