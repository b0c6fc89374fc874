"""What recurrent cells have in common, and two for comparison with the GRU."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.seeds import draw_seed, new_rng

MOST_LAYERS = 100


class RecurrentCell(keras.layers.Layer):
    """Base of the cells: one step of a network whose input products are the caller's.

    So no cell ever multiplies by a matrix as tall as the catalog: for a one-hot item the product
    `a = x W` is a row lookup. A call takes that product, float `[rows, num_gates * units]`, and
    the `num_states` states, float `[rows, units]`, the hidden vector first; it returns the new
    states.
    """

    num_gates = 1
    num_states = 1

    def __init__(
        self, units: int, activation: Any = "tanh", seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.seed = seed
        self._rng = new_rng(seed)

    def _add_kernel(self, name: str, gates: int) -> Any:
        """A recurrent matrix, gate by gate at its own scale."""
        columns = [self.units] * gates
        initializer = BlockUniform(columns, seed=draw_seed(self._rng))
        return self.add_weight((self.units, sum(columns)), initializer=initializer, name=name)

    def _add_bias(self, name: str = "bias", initializer: Any = "zeros") -> Any:
        shape = (self.num_gates * self.units,)
        return self.add_weight(shape, initializer=initializer, name=name)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="keras_sessrec")
class RNNCell(RecurrentCell):
    """One step of a plain recurrent network, h' = tanh(a + h U + b).

    Hidasi et al. (ICLR 2016), eq. 1. The paper found it to perform worse than the GRU; it is here
    so that a user can see it.

    Args:
        units: int. Number of hidden units H.
        activation: str or callable. Defaults to `"tanh"`.
        seed: int or `None`, of the initial weights.

    Example:

    >>> cell = RNNCell(4)
    >>> (hidden,) = cell(keras.ops.zeros((2, 4)), [keras.ops.ones((2, 4))])
    >>> hidden.shape
    TensorShape([2, 4])
    """

    def build(self, *_: Any) -> None:
        self.kernel = self._add_kernel("kernel", 1)
        self.bias = self._add_bias()

    def call(self, inputs: Any, states: Any) -> tuple[Any, ...]:
        (hidden,) = states
        return (self.activation(inputs + ops.matmul(hidden, self.kernel) + self.bias),)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class LSTMCell(RecurrentCell):
    """One step of an LSTM (Hidasi et al., ICLR 2016, section 4.2: worse than GRUs on clicks).

        i, f, o = sigmoid(a + h U + b)   (three blocks)
        c' = f * c + i * tanh(a_g + h U_g + b_g)
        h' = o * tanh(c')

    Columns are ordered input, forget, output, candidate. The forget gate's bias starts at 1, as
    usual. The states are `(hidden, cell)`.

    Args:
        units: int. Number of hidden units H.
        activation: str or callable of candidate and output. Defaults to `"tanh"`.
        seed: int or `None`, of the initial weights.

    Example:

    >>> cell = LSTMCell(4)
    >>> zeros = keras.ops.zeros((2, 4))
    >>> hidden, memory = cell(keras.ops.zeros((2, 16)), [zeros, zeros])
    >>> hidden.shape
    TensorShape([2, 4])
    """

    num_gates = 4
    num_states = 2

    def build(self, *_: Any) -> None:
        self.kernel = self._add_kernel("kernel", 4)
        # The forget gate starts open.
        initial = np.repeat([0, 1, 0, 0], self.units)
        self.bias = self._add_bias(initializer=lambda _, dtype: ops.cast(initial, dtype))

    def call(self, inputs: Any, states: Any) -> tuple[Any, ...]:
        hidden, memory = states
        units = self.units
        total = inputs + ops.matmul(hidden, self.kernel) + self.bias
        gates = ops.sigmoid(total[:, : 3 * units])
        write, keep, read = (gates[:, i * units : (i + 1) * units] for i in range(3))
        memory = keep * memory + write * self.activation(total[:, 3 * units :])
        return read * self.activation(memory), memory


def as_widths(name: str, widths: Any, least: int = 1) -> list[int]:
    """Returns widths of layers, given as a sequence of at least `least` int or as a single one.

    Raises:
        ValueError: It is neither, a width is not positive, or there are too few or over 100.
    """
    listed = [widths] if isinstance(widths, (int, np.integer)) else widths
    whole = isinstance(listed, (list, tuple, np.ndarray)) and all(
        isinstance(width, (int, np.integer)) and not isinstance(width, bool) and width > 0
        for width in listed
    )
    if not whole or not least <= len(listed) <= MOST_LAYERS:
        raise ValueError(
            f"`{name}` must list positive layer widths, such as [100], at most {MOST_LAYERS}. "
            f"Received: {name}={shown(widths)}."
        )
    return [int(width) for width in listed]
