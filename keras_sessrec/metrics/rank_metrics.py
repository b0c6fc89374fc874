"""Metrics of the target's rank: Recall, MRR, NDCG."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.metrics.formulas import discounted_gain, hit, reciprocal_rank
from keras_sessrec.ops.selection import check_k

TIES = ("conservative", "standard", "median")


def rank_of_target(scores: Any, target: Any, ties: str = "conservative") -> Any:
    """Counts the rank, from 1, of each row's target among the row's scores.

    No sort and no top-k: a rank is a number of greater scores. With g greater
    scores and e equal ones (the target's own included) it is

    - `"conservative"`: g + e, as if every tie was lost. The default, as a model
      that gives all items one score must not look good;
    - `"standard"`: g + 1, as if every tie was won;
    - `"median"`: g + 1 + (e - 1) / 2.

    A row with a NaN has the worst rank, N, whatever the rule: a model that
    diverged must not look good either.

    Args:
        scores: float `[..., N]`.
        target: int `[...]`, column of the target among the scores.
        ties: `"conservative"`, `"standard"` or `"median"`.

    Returns:
        float32 `[...]`, exact for up to 8 million scores a row.

    Raises:
        ValueError: `ties` is none of the three.

    Example:

    >>> import numpy as np
    >>> scores = np.array([[5.0, 3.0, 3.0, 1.0]], "float32")
    >>> [float(rank_of_target(scores, [1], ties)[0]) for ties in TIES]
    [3.0, 2.0, 2.5]
    """
    check_ties(ties)
    scores = ops.convert_to_tensor(scores)
    target = ops.cast(target, "int32")
    own = ops.take_along_axis(scores, ops.expand_dims(target, -1), axis=-1)
    num_scores = ops.cast(ops.shape(scores)[-1], "float32")
    if ties == "conservative":
        rank = num_scores - _count(scores < own)
    elif ties == "standard":
        rank = num_scores - _count(scores <= own) + 1.0
    else:
        rank = num_scores - 0.5 * (_count(scores < own) + _count(scores <= own) - 1.0)
    return ops.where(ops.any(ops.isnan(scores), axis=-1), num_scores, rank)


def check_ties(ties: str) -> None:
    """Raises a `ValueError` unless `ties` names a rule for equal scores."""
    if ties not in TIES:
        raise ValueError(f"`ties` must be one of {', '.join(TIES)}. Received: ties={ties!r}.")


def _count(condition: Any) -> Any:
    # Not an int32 sum: TensorFlow keeps int32 reductions of a GPU machine on its host.
    return ops.sum(ops.cast(condition, "float32"), axis=-1)


class RankMetric(keras.metrics.Mean):
    """Mean, over events, of a value of the target's rank.

    The mean is over all events since the last reset, however they were batched:
    a short last batch does not count more than its events. Scores must be of the
    whole catalog: a rank among sampled candidates is not comparable.

    A metric of your own overrides `value_of_rank` and `default_name`.

    Args:
        k: int, cut-off, inclusive. Defaults to 20.
        ties: `"conservative"` (default), `"standard"` or `"median"`: the rank among
            equal scores, see `rank_of_target`.
        name: str. Defaults to the metric and its cut-off, such as `"recall_at_20"`.
        dtype: dtype of the running sums.

    Raises:
        ValueError: `k` is not a positive integer, `ties` is none of the three, or (when scores
            come) there are fewer than `k` items.
    """

    default_name = "rank_metric"

    def __init__(
        self,
        k: int = 20,
        ties: str = "conservative",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        k = check_k(k)
        check_ties(ties)
        super().__init__(name=name or f"{self.default_name}_at_{k}", dtype=dtype)
        self.k = k
        self.ties = ties
        self._direction = "up"  # where Keras' own metrics say it

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
        self.check_width(y_pred.shape[-1])
        if len(y_true.shape) == len(y_pred.shape):
            y_true = ops.squeeze(y_true, axis=-1)
        self.update_rank(rank_of_target(y_pred, y_true, self.ties), sample_weight)

    def check_width(self, num_items: int | None) -> None:
        """Raises a `ValueError` if there are fewer than `k` items: all would be hits."""
        check_k(self.k, most=num_items)

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


@keras.saving.register_keras_serializable(package="keras_sessrec")
class RecallAtK(RankMetric):
    """Share of the events whose next item is among the `k` best scored.

    Args:
        k, ties, name, dtype: As in `RankMetric`.

    Example:

    >>> metric = RecallAtK(k=2)
    >>> metric.update_state([0, 2], [[9.0, 1.0, 5.0], [7.0, 3.0, 6.0]])  # ranks 1, 2
    >>> metric.update_state([1], [[8.0, 0.0, 4.0]])  # rank 3
    >>> round(float(metric.result()), 4)
    0.6667
    """

    default_name = "recall"

    def value_of_rank(self, rank: Any) -> Any:
        """1 if the rank is at most `k`, else 0."""
        return hit(rank, self.k)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class MRRAtK(RankMetric):
    """Mean reciprocal rank of the next item, 0 where it is not among the `k` best.

    Args:
        k, ties, name, dtype: As in `RankMetric`.

    Example:

    >>> metric = MRRAtK(k=2)
    >>> metric.update_state([0, 2], [[9.0, 1.0, 5.0], [7.0, 3.0, 6.0]])  # ranks 1, 2
    >>> metric.update_state([1], [[8.0, 0.0, 4.0]])  # rank 3
    >>> round(float(metric.result()), 4)
    0.5
    """

    default_name = "mrr"

    def value_of_rank(self, rank: Any) -> Any:
        """1 / rank if the rank is at most `k`, else 0."""
        return reciprocal_rank(rank, self.k)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class NDCGAtK(RankMetric):
    """Mean of 1 / log2(rank + 1) of the next item, 0 where it is not among the `k` best.

    Args:
        k, ties, name, dtype: As in `RankMetric`.

    Example:

    >>> metric = NDCGAtK(k=2)
    >>> metric.update_state([0, 2], [[9.0, 1.0, 5.0], [7.0, 3.0, 6.0]])  # ranks 1, 2
    >>> metric.update_state([1], [[8.0, 0.0, 4.0]])  # rank 3
    >>> round(float(metric.result()), 4)
    0.5436
    """

    default_name = "ndcg"

    def value_of_rank(self, rank: Any) -> Any:
        """1 / log2(rank + 1) if the rank is at most `k`, else 0."""
        return discounted_gain(rank, self.k)
