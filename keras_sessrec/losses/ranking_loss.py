"""The interface of the losses that rank one positive among candidates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


class RankingLoss(keras.losses.Loss):
    """Base of the losses that compare a positive's score with the other candidates'.

    Used like `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`: `y_true`
    is the column of the positive among the scored candidates, so no loss knows of
    lanes, batches or samplers. Children override `per_row` and `default_name`; one that does
    not compare with negatives sets `needs_negatives` to `False`.

    A column can be declared invalid (an idle lane, a removed accidental hit). That is
    a mask and not a very negative score: TOP1 and BPR-max square scores, so a score of
    -1e9 would be punished as a confident wrong item.

    Args:
        activation: Applied to the scores before the loss, never when ranking: `None`
            (default), a Keras activation by name such as `"tanh"`, or a callable such
            as `keras.layers.ELU(0.5)`.
        reduction: As in `keras.losses.Loss`. Defaults to `"sum_over_batch_size"`.
        name: str. Defaults to the loss's own, such as `"bpr_max"`.
        **kwargs: As in `keras.losses.Loss`.

    Raises:
        ValueError: `activation` is no name, function or layer; a class, for instance.

    Call arguments:
        y_true: int `[rows]`, column of the positive.
        y_pred: float `[rows, C]`, raw scores.
        sample_weight: float `[rows]`, optional.
    """

    default_name: str | None = None
    needs_negatives = True

    def __init__(
        self,
        activation: str | Callable[[Any], Any] | None = None,
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name or self.default_name, reduction=reduction, **kwargs)
        if isinstance(activation, type):
            raise ValueError(
                "`activation` must be a name or an object, such as `keras.layers.ELU(0.5)`. "
                f"Received: the class {activation.__name__}."
            )
        self.activation = None if activation is None else keras.activations.get(activation)

    def per_row(self, y_true: Any, scores: Any, valid: Any = None) -> Any:
        """Returns the loss of every row.

        Args:
            y_true: int `[rows]`, column of the positive.
            scores: float32 `[rows, C]`, raw scores.
            valid: bool, broadcastable to `[rows, C]`, false for columns to leave out;
                `None` (default) keeps all. A row's positive always counts.

        Returns:
            float32 `[rows]`. A row without a valid negative has loss 0.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `per_row`.")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.per_row(ops.reshape(y_true, (-1,)), y_pred)

    def _activate(self, scores: Any) -> Any:
        return scores if self.activation is None else self.activation(scores)

    def get_config(self) -> dict[str, Any]:
        activation = keras.saving.serialize_keras_object(self.activation)
        return {**super().get_config(), "activation": activation}


def split_columns(y_true: Any, scores: Any, valid: Any = None) -> tuple[Any, Any]:
    """Returns the positives' scores `[rows, 1]`, and bool `[rows, C]`: the valid negatives."""
    own = _own_columns(y_true, scores)
    # A masked sum, not a gather: it fuses with its neighbours and has no scatter gradient.
    positive = ops.sum(ops.where(own, scores, 0.0), axis=1, keepdims=True)
    negative = ops.logical_not(own)
    if valid is not None:
        negative = ops.logical_and(negative, valid)
    return positive, negative


def row_losses(loss: Any, y_true: Any, scores: Any, valid: Any = None) -> Any:
    """Computes any loss that `losses.get` returns row by row, as `RankingLoss.per_row` does.

    A Keras loss knows no mask: it sees a very negative score in a column to leave out,
    which is right for a softmax.
    """
    if isinstance(loss, RankingLoss):
        return loss.per_row(y_true, scores, valid)
    if valid is not None:
        kept = ops.logical_or(valid, _own_columns(y_true, scores))
        scores = ops.where(kept, scores, -1e9)
    compute = loss.call if isinstance(loss, keras.losses.Loss) else loss
    return compute(y_true, scores)


def _own_columns(y_true: Any, scores: Any) -> Any:
    """bool `[rows, C]`, true in each row's column of the positive."""
    columns = ops.arange(ops.shape(scores)[1], dtype="int32")
    return ops.cast(y_true, "int32")[:, None] == columns[None, :]
