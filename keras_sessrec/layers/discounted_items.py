"""The whole session so far as one discounted, normalised input vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers.item_input import ItemInput


@keras.saving.register_keras_serializable(package="keras_sessrec")
class DiscountedItems(ItemInput):
    """Reads a weighted sum of the 1-of-N vectors of all events so far.

    Hidasi et al. (ICLR 2016), section 3.1: events are discounted by their age and the
    vector is normalised. With x_t the one-hot vector of event t and g the discount:

        v_t = sum_a g^a x_{t-a},   input = v_t / ||v_t||_2

    Several clicks on one item add up before the norm is taken. What is carried from
    step to step is the last `window` items, not a sum of matrix rows, so the product
    always uses the current weights and its gradient reaches every row that took part.
    The paper gives neither the discount nor a window and reports no gain over the last
    event alone; both numbers are ours.

    Args:
        discount: float in (0, 1), weight of an event relative to its successor.
            Defaults to 0.5.
        window: int, number of events kept; older ones (weight below
            `discount ** window`) are dropped. Defaults to 16.

    Example:

    >>> reader = DiscountedItems(discount=0.5, window=4)
    >>> reader.build(ksr.Catalog(range(5)), columns=[2, 2, 2])
    >>> gates, (window,) = reader(keras.ops.array([[1, 2]]), reader.initial_states(1))
    >>> window.numpy().tolist()
    [[0, 1, 2]]
    """

    item_tables = ("table",)

    def __init__(self, discount: float = 0.5, window: int = 16, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 < discount < 1:
            raise ValueError(f"`discount` must be between 0 and 1. Received: discount={discount}.")
        if window < 2:
            raise ValueError(f"`window` must be at least 2 events. Received: window={window}.")
        self.discount = discount
        self.window = window

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        self.table = self._add_item_table("table", catalog.num_items, columns)

    def initial_states(self, rows: int) -> list[Any]:
        return [ops.zeros((rows, self.window - 1), dtype="int32")]

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        items = ops.cast(items, "int32")
        steps = ops.shape(items)[1]
        history = ops.concatenate([states[0], items], axis=1)
        ages = range(self.window)
        # [rows, steps, window]: the events of age 0, 1, ... at every step.
        events = ops.stack(
            [history[:, self.window - 1 - a : self.window - 1 - a + steps] for a in ages], axis=-1
        )
        weights = ops.array([self.discount**a for a in ages], dtype="float32")
        weights = ops.where(events > 0, weights, 0.0)
        same = ops.cast(events[..., :, None] == events[..., None, :], "float32")
        squares = ops.sum(weights * ops.squeeze(same @ weights[..., None], -1), -1, keepdims=True)
        weights = weights * ops.rsqrt(ops.maximum(squares, keras.config.epsilon()))
        rows = ops.take(self.table, events, axis=0)
        gates = ops.squeeze(ops.matmul(weights[..., None, :], rows), axis=-2)
        return ops.cast(gates, self.compute_dtype), [history[:, -(self.window - 1) :]]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "discount": self.discount, "window": self.window}
