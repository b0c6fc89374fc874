"""Distance between a predicted vector and that of the next item."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.losses.ranking_loss import RankingLoss, split_columns


def cosine_distance(y_true: Any, scores: Any) -> Any:
    """One minus the positive's score, for scores that are cosines.

    Args:
        y_true: int `[rows]`, column i of the positive.
        scores: float `[rows, C]`, cosines.

    Returns:
        float `[rows]`, 0 (same direction) to 2 (opposite).
    """
    positive, _ = split_columns(y_true, scores)
    return 1.0 - positive[:, 0]


@keras.saving.register_keras_serializable(package="keras_sessrec")
class CosineDistance(RankingLoss):
    """Cosine distance of the predicted vector to the next item's (Tan et al. 2016, M4).

        L = 1 - r_i,   r_i = cos(o, e_i)

    For models whose scores are cosines, such as `EmbeddingGRU4Rec`; other scores have no
    upper bound and would only grow. There are no negatives: the other candidates, masked
    or not, do not matter, and a row without any has its loss too. `samplers.InBatch()`
    adds none that would be scored for nothing.

    Args:
        activation: Final activation of the scores. Defaults to `None`.
        reduction, name: As in `RankingLoss`.

    Example:

    >>> scores = keras.ops.array([[0.75, -0.5]])
    >>> float(CosineDistance()(keras.ops.array([0]), scores))
    0.25
    """

    default_name = "cosine_distance"
    needs_negatives = False

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return cosine_distance(y_true, self._activate(scores))
