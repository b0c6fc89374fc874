"""Bayesian personalised ranking against the negatives of a mini-batch."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss, split_columns


def bpr(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """BPR of every row: the mean over the negatives j of -log sigmoid(r_i - r_j).

    Args:
        y_true: int `[rows]`, column i of the positive.
        scores: float `[rows, C]`.
        valid: bool, broadcastable to `[rows, C]`, or `None` (default) for all columns.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    pairs = ops.where(negative, ops.softplus(scores - positive), 0.0)
    count = ops.sum(ops.cast(negative, scores.dtype), axis=1)
    return ops.sum(pairs, axis=1) / ops.maximum(count, 1.0)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class BPR(RankingLoss):
    """Bayesian personalised ranking loss (Hidasi et al., ICLR 2016, section 3.2.1).

    With r_i the positive's score and N_S the number of negatives:

        L = -1/N_S * sum_j log sigmoid(r_i - r_j)

    The mean is the paper's; the authors' later code sums over all columns, its own
    included (a constant log 2), which is the same loss with a larger learning rate.

    Args:
        activation: Final activation of the scores. Defaults to `None`; the paper
            found `"tanh"` beneficial.
        reduction: As in `keras.losses.Loss`.
        name: str. Defaults to `"bpr"`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(BPR()(keras.ops.array([0]), scores)), 4)
    0.1269
    """

    def __init__(self, activation: Any = None, name: str = "bpr", **kwargs: Any) -> None:
        super().__init__(activation=activation, name=name, **kwargs)

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return bpr(y_true, self._activate(scores), valid)
