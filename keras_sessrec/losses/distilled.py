"""A loss that listens to a teacher too."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.losses.ranking_loss import RankingLoss
from keras_sessrec.losses.softmax import cross_entropy


def soft_cross_entropy(
    scores: Any, probabilities: Any, columns: Any = None, temperature: float = 1.0
) -> Any:
    """Cross-entropy of every row against a distribution p over (all or some) columns.

        H = logsumexp(r / T) - sum_j p_j r_j / T

    A row of p sums to 1, or to 0 for no opinion, which gives 0.
    """
    scores = scores / temperature
    chosen = scores if columns is None else ops.take_along_axis(scores, columns, axis=1)
    mass = ops.sum(probabilities, axis=1)
    return mass * ops.logsumexp(scores, axis=1) - ops.sum(probabilities * chosen, axis=1)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Distillation(RankingLoss):
    """Cross-entropy against the real next item and a teacher's opinion (Tan et al. 2016).

    Section 3.4, generalised distillation, with p the teacher's distribution over the items:

        L = (1 - w) CE(r, i) + w H(r, p)

    The opinions are data: batches made with `soft_labels` or `with_futures` carry them, see
    `keras_sessrec.SoftLabels`. A row for which the teacher has none, because nothing
    follows the target, costs CE(r, i) alone. Needs `negatives=FullCatalog()`.

    Args:
        weight: float in [0, 1], w. Defaults to 0.2, as in the paper.
        temperature: float > 0, what the student's scores are divided by before they are
            compared with p; the teacher's labels have one of their own. Defaults to 1.
        activation: Final activation of the scores. Defaults to `None`.
        reduction, name: As in `RankingLoss`.

    Raises:
        ValueError: `weight` or `temperature` is out of range.

    Example:

    >>> loss = Distillation(weight=0.5)
    >>> scores = keras.ops.array([[2.0, 0.0]])
    >>> hard = loss.per_row(keras.ops.array([0]), scores)
    >>> blended = loss.blend(hard, scores, keras.ops.array([[0.0, 1.0]]))
    >>> round(float(hard[0]), 3), round(float(blended[0]), 3)
    (0.127, 1.127)
    """

    default_name = "distillation"

    def __init__(
        self,
        weight: float = 0.2,
        temperature: float = 1.0,
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activation=activation, **kwargs)
        if not 0 <= weight <= 1:
            raise ValueError(f"`weight` must be in [0, 1]. Received: weight={weight}.")
        if not temperature > 0:
            raise ValueError(f"`temperature` must be positive. Received: {temperature}.")
        self.weight = float(weight)
        self.temperature = float(temperature)

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        return cross_entropy(y_true, self._activate(scores), valid)

    def blend(self, losses: Any, scores: Any, probabilities: Any, columns: Any = None) -> Any:
        """Adds the teacher's part to the losses of the real targets.

        Args:
            losses: float `[rows]`, as `per_row` returns them.
            scores: float `[rows, N]`, raw scores of the whole catalog.
            probabilities: float `[rows, m]`, each row's sum 1, or 0 for no opinion.
            columns: int `[rows, m]`, column of each, or `None` for all N.

        Returns:
            float `[rows]`.
        """
        scores = self._activate(scores)
        soft = soft_cross_entropy(scores, probabilities, columns, self.temperature)
        has_opinion = ops.sum(probabilities, axis=1) > 0
        blended = (1 - self.weight) * losses + self.weight * soft
        return ops.where(has_opinion, blended, losses)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weight": self.weight, "temperature": self.temperature}
