"""Cross-entropy over the candidates."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss, split_columns


def cross_entropy(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """Cross-entropy of every row: logsumexp(r) - r_i over the valid candidates.

    Args:
        y_true: As in `RankingLoss.per_row`, and so are the others.
        scores: The rows' scores of the candidates.
        valid: Which of them count.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    greatest = ops.max(ops.where(negative, scores, positive), axis=1, keepdims=True)
    greatest = ops.stop_gradient(ops.maximum(greatest, positive))
    shifted = ops.where(negative, scores - greatest, 0.0)
    powers = ops.where(negative, ops.exp(shifted), 0.0)
    total = ops.sum(powers, axis=1) + ops.exp(positive - greatest)[:, 0]
    return ops.log(total) + (greatest - positive)[:, 0]


@keras.saving.register_keras_serializable(package="keras_sessrec")
class CrossEntropy(RankingLoss):
    """Softmax cross-entropy (ICLR 2016, section 4.2; the authors' later default).

        L = log sum_j exp(r_j) - r_i

    The same as `SparseCategoricalCrossentropy(from_logits=True)`, with columns that can
    be left out. It is the stable form: the authors add 1e-24 inside a logarithm, which
    caps the loss at 55 and stops the gradient there; below that the numbers are equal.
    The correction for sampled candidates is the sampler's `logq`.

    Args:
        activation: Final activation of the scores. Defaults to `None`.
        reduction, name: As in `RankingLoss`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(CrossEntropy()(keras.ops.array([0]), scores)), 4)
    0.2395
    """

    default_name = "cross_entropy"

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return cross_entropy(y_true, self._activate(scores), valid)
