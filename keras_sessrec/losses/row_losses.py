"""The loss of every row, for the losses of this package and for any Keras loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss


def row_losses(loss: keras.losses.Loss, y_true: Any, scores: Any, valid: Any = None) -> Any:
    """Computes a loss row by row, with columns left out.

    A Keras loss knows no mask: it sees a very negative score in a column to leave out,
    which is right for a softmax.

    Args:
        loss: `RankingLoss`, or a Keras loss of a column and scores such as
            `SparseCategoricalCrossentropy(from_logits=True)`.
        y_true: int `[rows]`, column of the positive.
        scores: float32 `[rows, C]`.
        valid: bool, broadcastable to `[rows, C]`, or `None` (default) for all columns.

    Returns:
        float32 `[rows]`.
    """
    if isinstance(loss, RankingLoss):
        return loss.per_row(y_true, scores, valid)
    if valid is not None:
        columns = ops.arange(ops.shape(scores)[1], dtype="int32")
        own = ops.cast(y_true, "int32")[:, None] == columns
        scores = ops.where(ops.logical_or(valid, own), scores, -1e9)
    return loss.call(y_true, scores)
