"""What a training step minimises, and the mini-batch that it reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_sessrec.losses import Distillation
from keras_sessrec.losses.ranking_loss import row_losses
from keras_sessrec.samplers import Candidates, Sampler


class Batch(NamedTuple):
    """A mini-batch of the batch contract, with its targets one below the other.

    Attributes:
        items: int32 `[lanes, steps]`.
        is_start: bool `[lanes]`, or `None` where no state is carried.
        targets: int32 `[rows]`, items; 0 where there is none.
        live: bool `[rows]`, whether there is one.
        weight: float32 `[rows]`, 0 where there is none.
        num_targets: int, targets of a lane: those after its last events.
        sessions: int32 `[rows]`, number of each target's session, or `None` if all are of
            different ones.
        opinions: Pair of a teacher's probabilities `[rows, m]` and the columns they are about
            (`None` for all), or `None`.
    """

    items: Any
    is_start: Any
    targets: Any
    live: Any
    weight: Any
    num_targets: Any
    sessions: Any
    opinions: Any

    @classmethod
    def of(cls, data: Any) -> Batch:
        """Reads `(x, y, sample_weight)` as `fit` and `evaluate` get it.

        Raises:
            ValueError: It does not follow the batch contract.
        """
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        x = x if isinstance(x, dict) else {"item": x}
        if "item" not in x or len(x["item"].shape) != 2:
            raise ValueError(
                "`x` must be items `[rows, steps]` or {'item': items}, as `ksr.batches` makes it. "
                f"Received: {_described(x)}. Was a dataset batched twice?"
            )
        if y is None or len(y.shape) > 2:
            raise ValueError(
                "`y` must be the next items, `[rows, steps]`, or `[rows]` for those after the last "
                f"events. Received: {_described(y)}. `ksr.batches` makes them of a log."
            )
        y = y if len(y.shape) == 2 else y[:, None]
        targets = ops.reshape(ops.cast(y, "int32"), (-1,))
        live = targets > 0
        counts = ops.cast(live, "float32")
        if weight is not None:
            weight = ops.cast(weight, "float32")
            weight = ops.reshape(weight, (ops.shape(y)[0], -1))
            if weight.shape[1] not in (1, y.shape[1], None):
                raise ValueError(
                    "`sample_weight` must be one for each target, of the shape of `y`, or for "
                    f"each row. Received: {_described(weight)} for `y` of {_described(y)}."
                )
            weight = ops.broadcast_to(weight, ops.shape(y))
            counts = counts * ops.reshape(weight, (-1,))
        # Only packed rows have several targets: those of one session.
        number = y.shape[1] or ops.shape(y)[1]
        opinions = None
        if "soft_probability" in x:
            columns = x.get("soft_item")
            columns = None if columns is None else ops.maximum(columns - 1, 0)
            opinions = (x["soft_probability"], columns)
        return cls(
            items=ops.cast(x["item"], "int32"),
            is_start=x.get("is_start"),
            targets=targets,
            live=live,
            weight=counts,
            num_targets=number,
            sessions=None if y.shape[1] == 1 else ops.arange(ops.size(y)) // number,
            opinions=opinions,
        )

    def at_targets(self, parts: Any) -> Any:
        """Hidden vectors `[lanes, steps, dim]` to those before a target, `[rows, dim]`."""

        def rows_of(hidden: Any) -> Any:
            last = hidden[:, ops.shape(hidden)[1] - self.num_targets :]
            return ops.reshape(last, (-1, hidden.shape[-1]))

        return keras.tree.map_structure(rows_of, parts)

    @property
    def total_weight(self) -> Any:
        """float32, what the mean over the targets is divided by."""
        return ops.sum(self.weight)

    def mean(self, losses: Any) -> Any:
        """The mean over the targets, what is reported; 0 if their weights are."""
        return ops.divide_no_nan(self._total(losses), self.total_weight)

    def cost(self, losses: Any) -> Any:
        """What is differentiated: where lanes run dry, a sum over the nominal number of rows.

        So the tail of an epoch equals a batch that shrinks.
        """
        if self.is_start is None:
            return self.mean(losses)
        return self._total(losses) / float(self.targets.shape[0])

    def _total(self, losses: Any) -> Any:
        return ops.sum(ops.where(self.live, losses, 0.0) * self.weight)


class Objective:
    """A loss among candidates, and a teacher's opinion where a batch has one.

    Args:
        loss: `losses.RankingLoss`, or a Keras loss of a column and scores.
        negatives: `samplers.Sampler`, built for the catalog.
        seed: `keras.random.SeedGenerator` of the sampling.
    """

    def __init__(
        self, loss: keras.losses.Loss, negatives: Sampler, seed: keras.random.SeedGenerator
    ) -> None:
        self.loss, self.negatives, self.seed = loss, negatives, seed

    def candidates(self, batch: Batch) -> Candidates:
        """Chooses what a mini-batch scores."""
        return self.negatives.candidates(batch.targets, batch.live, self.seed, batch.sessions)

    def losses(self, scores: Any, candidates: Candidates, batch: Batch) -> Any:
        """Returns the loss of every row.

        Args:
            scores: float32 `[rows, C]`, raw scores of the candidates.
            candidates: `Candidates`.
            batch: `Batch`.

        Returns:
            float32 `[rows]`.

        Raises:
            ValueError: The batch has a teacher's opinion and the loss takes none.
        """
        if candidates.log_q is not None:
            scores = scores - candidates.log_q
        losses = row_losses(self.loss, candidates.y_true, scores, candidates.valid)
        if batch.opinions is None:
            return losses
        if not isinstance(self.loss, Distillation) or candidates.items is not None:
            raise ValueError(
                "Batches with soft labels need `compile(loss=ksr.losses.Distillation(), "
                "negatives=ksr.samplers.FullCatalog())`. "
                f"Received: loss={self.loss!r}, negatives={self.negatives!r}."
            )
        return self.loss.blend(losses, scores, *batch.opinions)


def _described(value: Any) -> str:
    """A structure with shapes in the place of tensors."""
    if value is None:
        return "nothing"
    shapes = keras.tree.map_structure(lambda part: f"shape {tuple(part.shape)}", value)
    return str(shapes)[:200]
