"""The long short-term memory unit, for comparison with the GRU."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.ops.seeds import draw_seed, new_rng


@keras.saving.register_keras_serializable(package="keras_sessrec")
class LSTMCell(keras.layers.Layer):
    """One step of an LSTM whose input products are computed by the caller.

    Hidasi et al. (ICLR 2016), section 4.2, found LSTM units to perform worse than
    GRUs on clicks; this cell is here so that a user can see it. With `a = x W`:

        i, f, o = sigmoid(a + h U + b)   (three blocks)
        c' = f * c + i * tanh(a_g + h U_g + b_g)
        h' = o * tanh(c')

    Columns are ordered input, forget, output, candidate. The forget gate's bias
    starts at 1, as usual.

    Args:
        units: int. Number of hidden units H.
        activation: str or callable of candidate and output. Defaults to `"tanh"`.
        seed: int or `None`, of the initial weights.

    Call arguments:
        inputs: float `[rows, 4 * units]`, the input's part of the gates.
        states: Sequence `(hidden, cell)` of float `[rows, units]`.

    Returns:
        Tuple `(hidden, cell)` of float `[rows, units]`.

    Example:

    >>> cell = LSTMCell(4)
    >>> zeros = keras.ops.zeros((2, 4))
    >>> hidden, memory = cell(keras.ops.zeros((2, 16)), [zeros, zeros])
    >>> hidden.shape
    TensorShape([2, 4])
    """

    num_gates = 4
    num_states = 2

    def __init__(
        self,
        units: int,
        activation: str = "tanh",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.seed = seed

    def build(self, *_: Any) -> None:
        rng = new_rng(self.seed)
        self.kernel = self.add_weight(
            shape=(self.units, 4 * self.units),
            initializer=BlockUniform(columns=[self.units] * 4, seed=draw_seed(rng)),
            name="kernel",
        )

        def forget_gate_open(shape: Any, dtype: Any = None) -> Any:
            block = ops.arange(shape[0]) // self.units
            return ops.cast(block == 1, dtype)

        self.bias = self.add_weight(
            shape=(4 * self.units,), initializer=forget_gate_open, name="bias"
        )

    def call(self, inputs: Any, states: Any) -> tuple[Any, ...]:
        hidden, memory = states
        units = self.units
        total = inputs + ops.matmul(hidden, self.kernel) + self.bias
        gates = ops.sigmoid(total[:, : 3 * units])
        write, keep, read = (gates[:, i * units : (i + 1) * units] for i in range(3))
        memory = keep * memory + write * self.activation(total[:, 3 * units :])
        return read * self.activation(memory), memory

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }
