"""Losses that rank one positive among candidates: `loss(column of the positive, scores)`."""

from typing import Any

import keras
import numpy as np

from keras_sessrec.losses.cosine import CosineDistance, cosine_distance
from keras_sessrec.losses.distilled import Distillation
from keras_sessrec.losses.pairwise import (
    BPR,
    TOP1,
    BPRMax,
    TOP1Max,
    bpr,
    bpr_max,
    top1,
    top1_max,
)
from keras_sessrec.losses.ranking_loss import RankingLoss, row_losses
from keras_sessrec.losses.softmax import CrossEntropy, cross_entropy

__all__ = [
    "BPR",
    "TOP1",
    "BPRMax",
    "CosineDistance",
    "CrossEntropy",
    "Distillation",
    "RankingLoss",
    "TOP1Max",
    "bpr",
    "bpr_max",
    "cosine_distance",
    "cross_entropy",
    "get",
    "top1",
    "top1_max",
]

_LOSSES = {
    "bpr": BPR,
    "bpr_max": BPRMax,
    "cosine_distance": CosineDistance,
    "cross_entropy": CrossEntropy,
    "distillation": Distillation,
    "top1": TOP1,
    "top1_max": TOP1Max,
}


def get(loss: Any) -> Any:
    """Returns a loss of a column and raw scores.

    Args:
        loss: `RankingLoss` or its name, such as `"bpr_max"`; a Keras loss, such as
            `SparseCategoricalCrossentropy(from_logits=True)`; or a function of the positive's
            column `[rows]` and scores `[rows, C]` that returns `[rows]`.

    Returns:
        The loss.

    Raises:
        ValueError: It is none, takes probabilities, or does not fall when the positive's score
            rises.

    Example:

    >>> get("bpr_max").regularization
    1.0
    """
    if isinstance(loss, RankingLoss):
        return loss
    if isinstance(loss, str) and loss in _LOSSES:
        return _LOSSES[loss]()
    of_probabilities = getattr(loss, "from_logits", None) is False
    if of_probabilities or loss is keras.losses.sparse_categorical_crossentropy:
        raise ValueError(
            "`loss` must take raw scores, not probabilities: `ksr.losses.CrossEntropy()`, or "
            "`keras.losses.SparseCategoricalCrossentropy(from_logits=True)`. "
            f"Received: loss={str(loss)[:200]}."
        )
    if isinstance(loss, (str, type)) or not callable(loss):
        raise ValueError(
            f"`loss` must be a loss object, a function, or one of {sorted(_LOSSES)}. "
            f"Received: loss={str(loss)[:200]!r}."
        )
    try:  # two rows whose positive is the best item, and the worst
        columns = keras.ops.array([0, 1], "int32")
        best, worst = (
            np.asarray(row_losses(loss, columns, keras.ops.array(scores, "float32")))
            for scores in ([[3, 0, 0], [0, 3, 0]], [[0, 3, 3], [3, 0, 3]])
        )
        is_ranking = best.shape == (2,) and bool((best < worst).all())
        why = "it does not fall when the positive's score rises"
    except Exception as error:
        is_ranking, why = False, f"it says: {str(error)[:200]}"
    if not is_ranking:
        raise ValueError(
            "`loss` must be a loss of the positive's column `[rows]` and raw scores `[rows, C]`, "
            f"one number a row. Received: loss={str(loss)[:200]}; {why}."
        )
    return loss
