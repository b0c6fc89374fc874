"""Dropout of whole clicks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.ops.counter_random import random_uniform, random_uniform_of

MODES = ("delete", "zero", "zero_items")


@keras.saving.register_keras_serializable(package="keras_sessrec")
class ClickDropout(keras.layers.Layer):
    """Drops clicks at random while training (Tan et al. 2016, section 3.2).

    The model becomes less sensitive to a stray click. The paper describes it as deleting
    clicks, other ones in every sequence and epoch, and calls it embedding dropout after Gal
    and Ghahramani (2016), whose rule is another: the rows e_j of the embedding are dropped,
    for a whole mini-batch,

        e_j <- b_j / (1 - rate) e_j,   b_j = 0 with probability `rate`, else 1,

    so that an item vanishes wherever it was clicked. That is also what the embedding layer of
    the Keras of the time did, in which the paper's models were written. At prediction nothing
    is dropped.

    Args:
        rate: float in [0, 1), probability that a click (or an item) is dropped. Defaults to
            0.25.
        mode: What is dropped.

            - `"delete"` (default) takes single clicks out: recurrent layers do not step over
              them. A prefix whose clicks would all be dropped keeps one of them.
            - `"zero"` lets recurrent layers step over dropped clicks, with an input of zero;
              the inputs of the clicks that are kept are divided by `1 - rate`. A prefix keeps
              one click, too.
            - `"zero_items"` does so with all clicks of a mini-batch on the items that are
              dropped from it (Gal and Ghahramani). No mask over the catalog is made: the
              number that decides is a hash of the item and the mini-batch. Nothing is kept
              of a prefix of dropped items. What is read must be an item at a time, so not
              for `layers.DiscountedItems`.
        seed: int or `None`.

    Call arguments:
        items: int `[rows, steps]`, 0 where padded.
        has_read: bool `[rows]`, rows that have read clicks before these and so may lose
            all of them; `None` (default) if none has.
        training: bool. Defaults to `False`.

    Returns:
        Tuple of the items, int `[rows, steps]`, deleted ones 0; and what the inputs are
        multiplied by, float32 `[rows, steps]`, or `None` for 1.

    Raises:
        ValueError: `rate` is out of range or `mode` is unknown.

    Example:

    >>> layer = ClickDropout(0.5, seed=3)
    >>> items, _ = layer(keras.ops.array([[4, 5, 6, 7]]), training=True)
    >>> 1 <= int(keras.ops.sum(items > 0)) <= 4
    True
    """

    def __init__(
        self, rate: float = 0.25, mode: str = "delete", seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}.")
        if mode not in MODES:
            raise ValueError(f"`mode` must be one of {MODES}. Received: mode={mode!r}.")
        self.rate = rate
        self.mode = mode
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, items: Any, has_read: Any = None, training: bool = False) -> tuple[Any, Any]:
        if not training or not self.rate:
            return items, None
        if self.mode == "zero_items":
            return items, self._scale(random_uniform_of(items, self.seed_generator) >= self.rate)
        drawn = random_uniform(ops.shape(items), self.seed_generator)
        drawn = ops.where(items > 0, drawn, -1.0)
        # A click is kept if its number reaches the rate, or is the greatest of its row.
        bar = ops.minimum(ops.max(drawn, axis=1, keepdims=True), self.rate)
        if has_read is not None:
            bar = ops.where(has_read[:, None], self.rate, bar)
        kept = drawn >= bar
        if self.mode == "delete":
            return ops.where(kept, items, 0), None
        return items, self._scale(kept)

    def _scale(self, kept: Any) -> Any:
        return ops.where(kept, 1 / (1 - self.rate), 0.0)

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "mode": self.mode, "seed": self.seed}
        return {**super().get_config(), **own}
