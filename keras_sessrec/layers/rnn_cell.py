"""The plain recurrent unit, for comparison with the GRU."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.ops.seeds import draw_seed, new_rng


@keras.saving.register_keras_serializable(package="keras_sessrec")
class RNNCell(keras.layers.Layer):
    """One step of a plain recurrent network, h' = tanh(a + h U + b).

    Hidasi et al. (ICLR 2016), eq. 1, with `a = x W` computed by the caller. The
    paper found it to perform worse than the GRU; it is here so that a user can see it.

    Args:
        units: int. Number of hidden units H.
        activation: str or callable. Defaults to `"tanh"`.
        seed: int or `None`, of the initial weights.

    Call arguments:
        inputs: float `[rows, units]`, the input's part.
        states: Sequence of one float `[rows, units]`, the hidden state.

    Returns:
        Tuple of one float `[rows, units]`, the new hidden state.

    Example:

    >>> cell = RNNCell(4)
    >>> (hidden,) = cell(keras.ops.zeros((2, 4)), [keras.ops.ones((2, 4))])
    >>> hidden.shape
    TensorShape([2, 4])
    """

    num_gates = 1
    num_states = 1

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
            shape=(self.units, self.units),
            initializer=BlockUniform(seed=draw_seed(rng)),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs: Any, states: Any) -> tuple[Any, ...]:
        (hidden,) = states
        return (self.activation(inputs + ops.matmul(hidden, self.kernel) + self.bias),)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }
