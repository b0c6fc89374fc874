"""The TOP1-max loss: TOP1 with the strongest negatives in front."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss, negative_softmax, split_columns


def top1_max(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """TOP1-max of every row: sum_j s_j ( sigmoid(r_j - r_i) + sigmoid(r_j^2) ).

    Args:
        y_true: int `[rows]`, column i of the positive.
        scores: float `[rows, C]`.
        valid: bool, broadcastable to `[rows, C]`, or `None` (default) for all columns.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    softmax, _, _ = negative_softmax(scores, negative)
    pairs = ops.sigmoid(scores - positive) + ops.sigmoid(ops.square(scores))
    return ops.sum(softmax * ops.where(negative, pairs, 0.0), axis=1)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class TOP1Max(RankingLoss):
    """TOP1 weighted by the negatives' softmax (Hidasi & Karatzoglou, CIKM 2018, eq. 8).

        L = sum_j s_j ( sigmoid(r_j - r_i) + sigmoid(r_j^2) )

    s_j is the softmax over the negatives' scores only, so the loss looks at the
    negatives that outrank the positive and does not fade as their number grows.

    Args:
        activation: Final activation of the scores. Defaults to `None`.
        reduction: As in `keras.losses.Loss`.
        name: str. Defaults to `"top1_max"`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(TOP1Max()(keras.ops.array([0]), scores)), 4)
    0.6192
    """

    def __init__(self, activation: Any = None, name: str = "top1_max", **kwargs: Any) -> None:
        super().__init__(activation=activation, name=name, **kwargs)

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return top1_max(y_true, self._activate(scores), valid)
