"""The whole session so far as one discounted, normalised input vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers.item_input import ItemInput

SHORTEST, LONGEST = 16, 200  # default windows
MOST = 10_000  # a step takes memory for the window's square


@keras.saving.register_keras_serializable(package="keras_sessrec")
class DiscountedItems(ItemInput):
    """Reads a weighted sum of the 1-of-N vectors of all events so far.

    Hidasi et al. (ICLR 2016), section 3.1: events are discounted by their age and the
    vector is normalised. With x_t the one-hot vector of event t and g the discount:

        v_t = sum_a g^a x_{t-a},   input = v_t / ||v_t||_2

    Several clicks on one item add up before the norm is taken. What is carried from
    step to step is the last `window` clicks, not a sum of matrix rows, so the product
    always uses the current weights and its gradient reaches every row that took part.
    Padding and deleted clicks have no age. The paper gives neither the discount nor a
    window and reports no gain over the last event alone; both numbers are ours.

    A session of at most `window` clicks is summed whole. Of a longer one the sum lacks what
    is older: g^window times the sum of `window` clicks ago, whose every click weighs less
    than g^window, the last click weighing 1. With a discount of 1 nothing fades: the input
    is the plain count of each item, beyond `window` clicks among the last `window`.

    Args:
        discount: float in (0, 1], weight of an event relative to its successor.
            Defaults to 0.5.
        window: int, number of clicks kept, 2 to 10,000. A step reads a table row for each, and
            its cost grows alike. Defaults to the least with `discount ** window <= 2 ** -16`,
            within 16 to 200, the clicks of a session that `ksr.serving.export` reads by default:
            16 for 0.5, 106 for 0.9, 200 from 0.95 on.

    Raises:
        ValueError: `discount` or `window` is out of range.

    Example:

    >>> reader = DiscountedItems(discount=0.5, window=4)
    >>> reader.build(ksr.Catalog(range(5)), columns=[2, 2, 2])
    >>> gates, (window,) = reader(keras.ops.array([[1, 2]]), reader.initial_states(1))
    >>> window.numpy().tolist()
    [[0, 1, 2]]
    """

    item_tables = ("table",)

    def __init__(self, discount: float = 0.5, window: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 < discount <= 1:
            raise ValueError(
                f"`discount` must be above 0 and at most 1. Received: discount={discount}."
            )
        if window is None:
            window = _default_window(discount)
        is_number = isinstance(window, Integral) and not isinstance(window, bool)
        if not is_number or not 2 <= window <= MOST:
            raise ValueError(
                f"`window` must be an integer, 2 to {MOST:,} clicks. Received: window={window}."
            )
        self.discount = discount
        self.window = int(window)
        self._powers = (float(discount) ** np.arange(self.window)).astype(np.float32)

    def build(self, catalog: Catalog, columns: Sequence[int]) -> None:
        self.table = self._add_item_table("table", catalog.num_items, columns)

    def initial_states(self, rows: int) -> list[Any]:
        return [ops.zeros((rows, self.window - 1), dtype="int32")]

    def call(self, items: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        history = ops.concatenate([states[0], ops.cast(items, "int32")], axis=1)
        known = history > 0
        number = ops.cumsum(ops.cast(known, "int32"), axis=1)
        # [rows, steps, events]: how many clicks ago each event was at every step.
        ages = number[:, self.window - 1 :, None] - number[:, None, :]
        inside = known[:, None, :] & (ages >= 0) & (ages < self.window)
        weights = ops.take(self._powers, ops.clip(ages, 0, self.window - 1), axis=0)
        weights = ops.where(inside, weights, 0.0)
        same = ops.cast(history[:, :, None] == history[:, None, :], "float32")
        squares = ops.sum(weights * ops.matmul(weights, same), axis=-1, keepdims=True)
        weights = weights * ops.rsqrt(ops.maximum(squares, keras.config.epsilon()))
        gates = ops.matmul(weights, ops.take(self.table, history, axis=0))
        return ops.cast(gates, self.compute_dtype), [self._last_clicks(history, known)]

    def _last_clicks(self, history: Any, known: Any) -> Any:
        """The last `window - 1` clicks, zeros before them where there are fewer."""
        places = ops.arange(ops.shape(history)[1])
        order = ops.argsort(places + ops.where(known, ops.shape(history)[1], 0), axis=1)
        return ops.take_along_axis(history, order[:, -(self.window - 1) :], axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "discount": self.discount, "window": self.window}


def _default_window(discount: float) -> int:
    """The clicks after which a discount has fallen to 2^-16, within 16 to 200."""
    if discount == 1:
        return LONGEST
    return min(LONGEST, max(SHORTEST, math.ceil(math.log(2**-16) / math.log(discount))))
