"""The TOP1 loss of the GRU4Rec paper."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss, split_columns


def top1(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """TOP1 of every row: mean over the negatives of sigmoid(r_j - r_i) + sigmoid(r_j^2).

    Args:
        y_true: int `[rows]`, column i of the positive.
        scores: float `[rows, C]`.
        valid: bool, broadcastable to `[rows, C]`, or `None` (default) for all columns.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    pairs = ops.sigmoid(scores - positive) + ops.sigmoid(ops.square(scores))
    count = ops.sum(ops.cast(negative, scores.dtype), axis=1)
    return ops.sum(ops.where(negative, pairs, 0.0), axis=1) / ops.maximum(count, 1.0)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class TOP1(RankingLoss):
    """Regularised approximation of the positive's rank (ICLR 2016, section 3.2.1).

        L = 1/N_S * sum_j ( sigmoid(r_j - r_i) + sigmoid(r_j^2) )

    The second term pulls the negatives' scores, and only theirs, towards 0.

    Args:
        activation: Final activation of the scores. Defaults to `None`; the paper
            found `"tanh"` beneficial.
        reduction: As in `keras.losses.Loss`.
        name: str. Defaults to `"top1"`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(TOP1()(keras.ops.array([0]), scores)), 4)
    0.6192
    """

    def __init__(self, activation: Any = None, name: str = "top1", **kwargs: Any) -> None:
        super().__init__(activation=activation, name=name, **kwargs)

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return top1(y_true, self._activate(scores), valid)
