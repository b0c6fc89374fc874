"""The interface of the negative samplers."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.ops.identifiers import shown


@dataclass(frozen=True)
class Candidates:
    """The items that one training step scores, the same for all rows.

    Attributes:
        items: int32 `[C]`, items 1..N (0 where a lane is idle); `None` for the whole
            catalog, where column j is item j + 1.
        y_true: int32 `[rows]`, column of each row's positive.
        valid: bool `[1, C]` or `[rows, C]`, false for columns that must not count as
            negatives; `None` if all count.
        log_q: float32 `[C]`, what is subtracted from the scores before the loss, or `None`.
    """

    items: Any
    y_true: Any
    valid: Any
    log_q: Any


class Sampler:
    """Base of the samplers: chooses the candidates that a training step scores.

    The candidates are the positives of all rows (each row's negatives include the
    other rows' positives, ICLR 2016, section 3.2) followed by `num` extra items, one
    vector for all rows. Repeated items are kept, as in the authors' code. Rows of one
    session (packed prefixes) are not each other's negatives: what a visitor clicks before
    or after is no random item.

    `logq` corrects for items being candidates more or less often: `logq * log(q)` is
    subtracted from the scores before the loss, q being the count of the item for a
    positive and the sampler's own weight for an extra item (raw counts, not
    normalised, as in the authors' code; for cross-entropy).

    A sampler of your own overrides `draw`, and `build` if it needs tables.

    Args:
        num: int >= 0, number of extra items per step.
        logq: float >= 0, strength of the correction. Defaults to 0.
        remove_accidental_hits: bool. Whether a column that holds a row's own positive is
            left out of that row's negatives. Defaults to `False`, as in the authors' code.

    Raises:
        ValueError: `num` is no integer or negative, or `logq` is negative.
    """

    built = False

    def __init__(
        self, num: int = 0, logq: float = 0.0, remove_accidental_hits: bool = False
    ) -> None:
        if isinstance(num, bool) or not isinstance(num, Integral) or num < 0:
            raise ValueError(f"`num` must be an integer, at least 0. Received: num={shown(num)}.")
        if not logq >= 0:
            raise ValueError(f"`logq` must not be negative. Received: logq={logq}.")
        self.num = int(num)
        self.logq = float(logq)
        self.remove_accidental_hits = bool(remove_accidental_hits)

    def built_for(self, catalog: Catalog) -> Self:
        """Returns a copy with the tables of a catalog; this object stays as it is.

        `compile` calls it, so one sampler can be given to several models. What the object
        holds of its own, such as a `tf.Variable`, is shared by its copies.

        Args:
            catalog: `Catalog` whose counts give the frequencies.
        """
        bound = copy.copy(self)
        bound.build(catalog)
        bound.built = True
        return bound

    def warn_if_none(self, rows: int) -> None:
        """Warns if a step has no negatives, so that nothing is learnt from it.

        For losses that need some, see `RankingLoss.needs_negatives`.

        Args:
            rows: int, rows of a step.
        """
        if rows + self.num < 2:
            warnings.warn(
                f"A step of one row with `{type(self).__name__}` has no negatives: nothing is "
                "learnt. Use more lanes, or `negatives=ksr.samplers.Popularity(2048)`.",
                stacklevel=4,
            )

    def build(self, catalog: Catalog) -> None:
        """Prepares the tables for a catalog; `built_for` calls it on a copy.

        Args:
            catalog: `Catalog` whose counts give the frequencies.
        """
        self.built = True
        counts = np.maximum(catalog.counts, 1).astype(np.float64)
        if self.logq:
            self._log_counts = _log_table(counts)
            self._log_weights = _log_table(self._weights(counts))

    def _weights(self, counts: np.ndarray) -> np.ndarray:
        """float64 `[N]`, unnormalised probability of every item as an extra candidate."""
        return np.ones_like(counts)

    def draw(self, seed: keras.random.SeedGenerator) -> Any:
        """Draws the extra items.

        Args:
            seed: `keras.random.SeedGenerator`, advanced by the draw.

        Returns:
            int32 `[num]`, items 1..N, drawn with replacement.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `draw`.")

    def candidates(
        self, targets: Any, live: Any, seed: keras.random.SeedGenerator, sessions: Any = None
    ) -> Candidates:
        """Chooses the candidates of one step.

        Args:
            targets: int32 `[rows]`, each row's positive item; 0 where the lane is idle.
            live: bool `[rows]`, false where the lane is idle.
            seed: `keras.random.SeedGenerator`.
            sessions: int32 `[rows]`, number of each row's session, or `None` (default) if
                all rows are of different ones.

        Returns:
            `Candidates`, with row i's positive in column i.

        Raises:
            RuntimeError: The sampler has no catalog.
        """
        if not self.built:
            name = type(self).__name__
            raise RuntimeError(
                f"The sampler must be built for a catalog: `{name}.built_for(catalog)`, which "
                f"`compile` calls. Received: a `{name}` without one."
            )
        rows = targets.shape[0] or ops.shape(targets)[0]
        items, valid = targets, live
        log_q = ops.take(self._log_counts, targets) if self.logq else None
        if self.num:
            extra = self.draw(seed)
            items = ops.concatenate([targets, extra])
            valid = ops.concatenate([live, ops.ones((self.num,), dtype="bool")])
            if self.logq:
                log_q = ops.concatenate([log_q, ops.take(self._log_weights, extra)])
        valid = valid[None, :]
        if self.remove_accidental_hits:
            valid = ops.logical_and(valid, targets[:, None] != items[None, :])
        if sessions is not None:
            columns = ops.concatenate([sessions, ops.full((self.num,), -1, dtype="int32")])
            valid = ops.logical_and(valid, sessions[:, None] != columns[None, :])
        return Candidates(
            items=items,
            y_true=ops.arange(rows, dtype="int32"),
            valid=valid,
            log_q=self.logq * log_q if self.logq else None,
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "num": self.num,
            "logq": self.logq,
            "remove_accidental_hits": self.remove_accidental_hits,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Sampler:
        """Makes a sampler, without a catalog, from what `get_config` returned."""
        return cls(**config)


def _log_table(weights: np.ndarray) -> Any:
    """float32 `[N + 1]`, logarithms with a 0 for padding in front."""
    return ops.convert_to_tensor(np.concatenate([[0.0], np.log(weights)]), dtype="float32")
