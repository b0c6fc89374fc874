"""Losses that rank one positive among candidates: `loss(column of the positive, scores)`."""

from typing import Any

import keras
import numpy as np

from keras_sessrec.losses.cosine import CosineDistance, cosine_distance
from keras_sessrec.losses.distilled import Distillation
from keras_sessrec.losses.pairwise import BPR, TOP1, BPRMax, TOP1Max, bpr, bpr_max, top1, top1_max
from keras_sessrec.losses.ranking_loss import RankingLoss, row_losses
from keras_sessrec.losses.softmax import CrossEntropy, cross_entropy
from keras_sessrec.ops.identifiers import resolve, shown

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
# They need to be told of columns to leave out: their classes are what `compile` takes.
_FUNCTIONS = (bpr, bpr_max, cosine_distance, cross_entropy, top1, top1_max)


def get(loss: Any) -> Any:
    """Returns a loss of a column and raw scores.

    What is none of this package is tried on two rows of scores: it must give one number a row,
    which falls when the positive's score rises.

    Args:
        loss: `RankingLoss` or its name, such as `"bpr_max"`; a Keras loss, such as
            `SparseCategoricalCrossentropy(from_logits=True)`; a function of the positive's
            column `[rows]` and scores `[rows, C]` that returns `[rows]`; or a config. Only a
            `RankingLoss` knows of columns to leave out: the others see a score of -1e9 there.

    Returns:
        `keras.losses.Loss`, or the function.

    Raises:
        ValueError: It is none, takes probabilities, or is summed over the rows.
        TypeError: It is something else; a class, for instance.

    Example:

    >>> get("bpr_max").regularization
    1.0
    """
    takes_probabilities = (
        loss in ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy")
        if isinstance(loss, str)
        else loss is keras.losses.sparse_categorical_crossentropy
    )
    if takes_probabilities or getattr(loss, "from_logits", None) is False:
        raise ValueError(
            "`loss` must take raw scores, not probabilities: `ksr.losses.CrossEntropy()`, or "
            "`keras.losses.SparseCategoricalCrossentropy(from_logits=True)`. "
            f"Received: {shown(loss)}."
        )
    if isinstance(loss, type) or not callable(loss) or loss in _FUNCTIONS:
        loss = resolve("loss", loss, keras.losses.Loss, _LOSSES, "ksr.losses.BPRMax()")
    if getattr(loss, "reduction", None) == "sum":
        raise ValueError(
            "`loss` is averaged over the rows of a mini-batch: leave `reduction` as it is, or "
            f"raise the learning rate. Received: {type(loss).__name__}(reduction='sum')."
        )
    if not isinstance(loss, RankingLoss):
        _try_out(loss)
    return loss


def _try_out(loss: Any) -> None:
    """Refuses a loss that is not one number a row, less for a positive that is ranked first."""
    columns = keras.ops.array([0, 1], "int32")
    # Below 0, where a loss of probabilities shows.
    first, last = np.array([[-1, -3, -3], [-3, -1, -3]]), np.array([[-3, -1, -1], [-1, -3, -1]])
    try:
        good, bad = (
            np.asarray(row_losses(loss, columns, keras.ops.array(scores, "float32")))
            for scores in (first, last)
        )
        if good.shape != (2,):
            why = f"it returns shape {good.shape} for two rows"
        else:
            why = "" if (good < bad).all() else "it does not fall when the positive's score rises"
    except Exception as error:
        why = f"it says: {str(error)[:200]}"
    if why:
        raise ValueError(
            "`loss` must be a loss of the positive's column `[rows]` and raw scores `[rows, C]`, "
            "one number a row, such as `ksr.losses.CrossEntropy()`. "
            f"Received: {shown(loss)}; {why}."
        )
