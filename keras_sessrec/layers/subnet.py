"""One recurrent network: what it reads, and the layers that remember."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers.click_dropout import ClickDropout
from keras_sessrec.layers.gru_cell import GRUCell
from keras_sessrec.layers.item_input import CatalogLayer, ItemInput
from keras_sessrec.layers.recurrent_cells import LSTMCell, RNNCell, as_widths
from keras_sessrec.ops.counter_random import dropout_mask
from keras_sessrec.ops.loops import scan
from keras_sessrec.ops.seeds import draw_seed, new_rng

CELLS = {"gru": GRUCell, "lstm": LSTMCell, "rnn": RNNCell}


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Subnet(CatalogLayer):
    """An item representation and a stack of recurrent layers, with explicit state.

    The state is an argument and a result, never kept inside: the caller decides what
    is carried, so the same weights serve session-parallel training, stateless
    evaluation and a served model. Dropout acts on each layer's new hidden vector, and
    the dropped vector is what the next layer reads *and* what is carried to the next
    event, as in the authors' code (a Dropout layer behind a GRU does not do that).

    Args:
        representation: `ItemInput`, e.g. `OneHotItem()`.
        units: Sequence of int, widths of the recurrent layers, first to last.
        cell: `"gru"` (default), `"lstm"` or `"rnn"`.
        activation: str or callable of the cells. Defaults to `"tanh"`.
        dropout: float in [0, 1) on every layer's hidden vector. Defaults to 0.
        click_dropout: float in [0, 1) or `ClickDropout`: whole clicks that are not read in
            training. Defaults to 0.
        reset_after: bool, see `GRUCell`; `"gru"` only. Defaults to `False`.
        skip_input: bool. Whether the layers above the first also read the item
            (ICLR 2016, figure 1). Defaults to `False`.
        seed: int or `None`, of the initial weights and of dropout.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        items: int `[rows, steps]`; 0 is padding, which the layers do not step over.
        states: list as made by `initial_states`, or `None` for sessions that begin here.
        training: bool.

    Returns:
        Tuple of float `[rows, steps, units[-1]]`, the hidden vector after every event,
        and the list of states after the last one.

    Raises:
        ValueError: A size or rate is out of range, or arguments do not go together.

    Example:

    >>> subnet = Subnet(ksr.layers.OneHotItem(), units=[8])
    >>> subnet.build(ksr.Catalog(range(5)))
    >>> hidden, states = subnet(keras.ops.array([[1, 2, 3]]))
    >>> hidden.shape, states[0].shape
    (TensorShape([1, 3, 8]), TensorShape([1, 8]))
    """

    def __init__(
        self,
        representation: ItemInput,
        units: Sequence[int],
        cell: str = "gru",
        activation: str = "tanh",
        dropout: float = 0.0,
        click_dropout: float | ClickDropout = 0.0,
        reset_after: bool = False,
        skip_input: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.units = as_widths("units", units)
        if cell not in CELLS:
            raise ValueError(f"`cell` must be one of {sorted(CELLS)}. Received: cell={cell!r}.")
        if reset_after and cell != "gru":
            raise ValueError(f"`reset_after` is for `cell='gru'`. Received: cell={cell!r}.")
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}.")
        self.representation = representation
        self.cell = cell
        self.dropout = dropout
        self.reset_after = reset_after
        self.skip_input = skip_input
        self.dropout_seed = keras.random.SeedGenerator(draw_seed(self._rng))
        if not isinstance(click_dropout, ClickDropout):
            # A stream of its own: without it the other draws stay what they were.
            own = new_rng() if seed is None else np.random.default_rng([seed, 1])
            click_dropout = ClickDropout(click_dropout, seed=draw_seed(own))
        if click_dropout.mode == "zero_items" and representation.initial_states(1):
            raise ValueError(
                "`click_dropout` of mode 'zero_items' needs a representation that reads one item "
                "at a time, such as `OneHotItem` or `EmbeddedItem`. Received: "
                f"{type(representation).__name__}, which reads several. Use mode 'delete'."
            )
        self.click_dropout = click_dropout
        options: dict[str, Any] = {"reset_after": True} if reset_after else {}
        options |= {"activation": activation, "dtype": self.dtype_policy}
        self.cells = [CELLS[cell](u, seed=draw_seed(self._rng), **options) for u in self.units]

    def build(self, catalog: Catalog) -> None:
        """Creates all weights for a catalog."""
        columns = [[cell.units] * cell.num_gates for cell in self.cells]
        read = columns if self.skip_input else columns[:1]
        self.representation.build(catalog, list(chain(*read)))
        for cell in self.cells:
            cell.build()
        self.kernels = [
            self._add_kernel(f"kernel_{layer}", below.units, columns[layer])
            for layer, below in enumerate(self.cells[:-1], start=1)
        ]

    def initial_states(self, rows: int) -> list[Any]:
        """Returns the states of `rows` sessions without events: all zero."""
        states = self.representation.initial_states(rows)
        for cell in self.cells:
            zero = ops.zeros((rows, cell.units), dtype=self.compute_dtype)
            states = states + [zero] * cell.num_states
        return states

    def call(self, items: Any, states: Any = None, training: bool = False) -> tuple[Any, list[Any]]:
        rows, steps = ops.shape(items)
        if states is None:
            states = self.initial_states(rows)
        carried = len(states) - sum(cell.num_states for cell in self.cells)
        scale = None
        if training and self.click_dropout.rate:
            has_read = ops.any(states[carried] != 0, axis=1)  # a hidden vector begins as zero
            items, scale = self.click_dropout(items, has_read, training=True)
        gates, read_states = self.representation(items, states[:carried], training=training)
        if scale is not None:
            gates = gates * ops.cast(scale, gates.dtype)[..., None]
        masks = []  # inverted dropout, a fresh one for every layer and event
        if training and self.dropout:
            drawn = (self.dropout, self.dropout_seed, self.compute_dtype)
            masks = [dropout_mask((rows, steps, units), *drawn) for units in self.units]
        states = tuple(states[carried:])
        inputs = [gates, (items > 0)[..., None], *masks]
        top = -self.cells[-1].num_states  # the last layer's hidden vector
        if items.shape[1] == 1:
            states = self._step(states, [x[:, 0] for x in inputs])
            hidden = states[top][:, None]
        else:
            states, history = scan(self._step, states, inputs)
            hidden = history[top]
        return hidden, [*read_states, *states]

    def _step(self, states: tuple[Any, ...], inputs: list[Any]) -> tuple[Any, ...]:
        """All layers on one event; rows where it is padding keep their states."""
        gates, known, *masks = inputs
        new_states, begin, column = [], 0, 0
        hidden: Any = None
        for layer, cell in enumerate(self.cells):
            end = column + cell.units * cell.num_gates
            if layer == 0:
                read = gates[:, :end]
            else:
                read = ops.matmul(hidden, ops.cast(self.kernels[layer - 1], hidden.dtype))
                if self.skip_input:
                    read = read + gates[:, column:end]
            column = end
            hidden, *memory = cell(read, states[begin : begin + cell.num_states])
            if masks:
                hidden = hidden * masks[layer]
            new_states += [hidden, *memory]
            begin += cell.num_states
        pairs = zip(new_states, states, strict=True)
        return tuple(ops.where(known, new, old) for new, old in pairs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "representation": keras.saving.serialize_keras_object(self.representation),
            "units": self.units,
            "cell": self.cell,
            "activation": keras.activations.serialize(self.cells[0].activation),
            "dropout": self.dropout,
            "click_dropout": keras.saving.serialize_keras_object(self.click_dropout),
            "reset_after": self.reset_after,
            "skip_input": self.skip_input,
        }
