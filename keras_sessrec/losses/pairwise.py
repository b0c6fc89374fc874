"""Losses that compare a positive with each negative: TOP1, BPR and their max forms."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss, split_columns


def top1(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """TOP1 of every row: mean over the negatives of sigmoid(r_j - r_i) + sigmoid(r_j^2).

    Args:
        y_true: As in `RankingLoss.per_row`, and so are the others.
        scores: The rows' scores of the candidates.
        valid: Which of them count.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    return _mean(_top1_pairs(positive, scores), negative)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class TOP1(RankingLoss):
    """Regularised approximation of the positive's rank (ICLR 2016, section 3.2.1).

        L = 1/N_S * sum_j ( sigmoid(r_j - r_i) + sigmoid(r_j^2) )

    The second term pulls the negatives' scores, and only theirs, towards 0.

    Args:
        activation: Final activation of the scores. Defaults to `None`; the paper
            found `"tanh"` beneficial.
        reduction, name: As in `RankingLoss`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(TOP1()(keras.ops.array([0]), scores)), 4)
    0.6192
    """

    default_name = "top1"

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return top1(y_true, self._activate(scores), valid)


def bpr(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """BPR of every row: the mean over the negatives j of -log sigmoid(r_i - r_j).

    Args:
        y_true: As in `RankingLoss.per_row`, and so are the others.
        scores: The rows' scores of the candidates.
        valid: Which of them count.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    return _mean(ops.softplus(scores - positive), negative)


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
        reduction, name: As in `RankingLoss`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(BPR()(keras.ops.array([0]), scores)), 4)
    0.1269
    """

    default_name = "bpr"

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return bpr(y_true, self._activate(scores), valid)


def top1_max(y_true: Any, scores: Any, valid: Any = None) -> Any:
    """TOP1-max of every row: sum_j s_j ( sigmoid(r_j - r_i) + sigmoid(r_j^2) ).

    Args:
        y_true: As in `RankingLoss.per_row`, and so are the others.
        scores: The rows' scores of the candidates.
        valid: Which of them count.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    softmax, _, _ = negative_softmax(scores, negative)
    return ops.sum(softmax * ops.where(negative, _top1_pairs(positive, scores), 0.0), axis=1)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class TOP1Max(RankingLoss):
    """TOP1 weighted by the negatives' softmax (Hidasi & Karatzoglou, CIKM 2018, eq. 8).

        L = sum_j s_j ( sigmoid(r_j - r_i) + sigmoid(r_j^2) )

    s_j is the softmax over the negatives' scores only, so the loss looks at the
    negatives that outrank the positive and does not fade as their number grows.

    Args:
        activation: Final activation of the scores. Defaults to `None`.
        reduction, name: As in `RankingLoss`.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(TOP1Max()(keras.ops.array([0]), scores)), 4)
    0.6192
    """

    default_name = "top1_max"

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return top1_max(y_true, self._activate(scores), valid)


def bpr_max(y_true: Any, scores: Any, valid: Any = None, regularization: float = 0.0) -> Any:
    """BPR-max of every row, finite for any finite scores.

        -log( sum_j s_j sigmoid(r_i - r_j) ) + regularization * sum_j s_j r_j^2

    The first term is computed from the identity, for any a,

        e^{r_j} sigmoid(r_i - r_j) = e^a / (e^{a - r_j} + e^{a - r_i}),

    with a the smaller of r_i and the greatest negative score: the greatest term of the
    sum is then at least 1/2, so the logarithm needs no epsilon and its gradient does not
    die when the positive is far below the negatives.

    Args:
        y_true: As in `RankingLoss.per_row`, and so are the others.
        scores: The rows' scores of the candidates.
        valid: Which of them count.
        regularization: float, weight of the score regularisation. Defaults to 0.

    Returns:
        float `[rows]`; 0 for a row without a valid negative.
    """
    positive, negative = split_columns(y_true, scores, valid)
    softmax, log_total, greatest = negative_softmax(scores, negative)
    a = ops.minimum(ops.stop_gradient(positive), greatest)
    # e^80 is near the largest float32: a negative that far down adds nothing to the sum.
    # `a` stands in for masked scores, so that no denominator is 0.
    low = ops.exp(ops.minimum(a - ops.where(negative, scores, a), 80.0))
    terms = ops.where(negative, 1.0 / (low + ops.exp(a - positive)), 0.0)
    some = ops.any(negative, axis=1)
    total = ops.where(some, ops.sum(terms, axis=1), 1.0)
    rank_loss = (log_total + (greatest - a))[:, 0] - ops.log(total)
    squares = ops.square(ops.where(negative, scores, 0.0))
    return ops.where(some, rank_loss, 0.0) + regularization * ops.sum(softmax * squares, axis=1)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class BPRMax(RankingLoss):
    """BPR weighted by the negatives' softmax (Hidasi & Karatzoglou, CIKM 2018, eq. 10-11).

        L = -log( sum_j s_j sigmoid(r_i - r_j) ) + regularization * sum_j s_j r_j^2

    s_j is the softmax over the negatives' scores only.

    Args:
        regularization: float >= 0, weight of the score regularisation ("bpreg" in the
            authors' code). Defaults to 1.
        activation: Final activation of the scores. Defaults to `None`; the authors' best
            settings use ELU, e.g. `keras.layers.ELU(0.5)` or `"elu"`.
        reduction, name: As in `RankingLoss`.

    Raises:
        ValueError: `regularization` is negative.

    Example:

    >>> scores = keras.ops.array([[2.0, 0.0, 0.0]])
    >>> round(float(BPRMax()(keras.ops.array([0]), scores)), 4)
    0.1269
    """

    default_name = "bpr_max"

    def __init__(self, regularization: float = 1.0, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(activation=activation, **kwargs)
        if not regularization >= 0:
            raise ValueError(f"`regularization` must not be negative. Received: {regularization}.")
        self.regularization = float(regularization)

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return bpr_max(y_true, self._activate(scores), valid, self.regularization)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "regularization": self.regularization}


def negative_softmax(scores: Any, negative: Any) -> tuple[Any, Any, Any]:
    """Softmax of each row over its negatives only (the s_j of TOP1-max and BPR-max).

    Returns:
        Tuple of the softmax `[rows, C]` (0 outside the negatives), the log of its
        normaliser relative to the greatest negative score `[rows, 1]`, and that score
        `[rows, 1]`; the last two are 0 in rows without negatives. Two numbers, since
        their sum would round the log away at great scores.
    """
    some = ops.any(negative, axis=1, keepdims=True)
    # 0 stands in for masked scores, so that nothing infinite meets a gradient.
    scores = ops.where(negative, scores, 0.0)
    lowest = ops.min(scores, axis=1, keepdims=True)
    greatest = ops.max(ops.where(negative, scores, lowest), axis=1, keepdims=True)
    greatest = ops.stop_gradient(greatest)
    powers = ops.where(negative, ops.exp(ops.where(negative, scores - greatest, 0.0)), 0.0)
    total = ops.sum(powers, axis=1, keepdims=True)
    total = ops.where(some, total, 1.0)
    return powers / total, ops.log(total), greatest


def _top1_pairs(positive: Any, scores: Any) -> Any:
    """`[rows, C]`, what TOP1 says of each candidate."""
    return ops.sigmoid(scores - positive) + ops.sigmoid(ops.square(scores))


def _mean(pairs: Any, negative: Any) -> Any:
    """`[rows]`, mean over the negatives, 0 where there is none."""
    count = ops.sum(ops.cast(negative, pairs.dtype), axis=1)
    return ops.sum(ops.where(negative, pairs, 0.0), axis=1) / ops.maximum(count, 1.0)
