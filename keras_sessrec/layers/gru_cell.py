"""The gated recurrent unit of the GRU4Rec paper."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.layers.recurrent_cells import RecurrentCell


@keras.saving.register_keras_serializable(package="keras_sessrec")
class GRUCell(RecurrentCell):
    """One step of the GRU, with the reset gate before the matrix product and one bias.

    Hidasi et al. (ICLR 2016), eq. 2-5, with `a = x W` computed by the caller:

        r  = sigmoid(a_r + h U_r + b_r)
        z  = sigmoid(a_z + h U_z + b_z)
        c  = tanh(a_c + (r * h) U_c + b_c)
        h' = (1 - z) * h + z * c

    Columns are ordered candidate, reset, update. It differs from `keras.layers.GRUCell`, whose z
    means 1 - z here, and whose default is `reset_after=True`: the reset gate after the product,
    and a second bias. The authors' PyTorch port has that cell too, unlike their paper and their
    Theano code.

    Args:
        units: int. Number of hidden units H.
        activation: str or callable of the candidate. Defaults to `"tanh"`.
        reset_after: bool. Whether `c = tanh(a_c + b_c + r * (h U_c + b'_c))` instead, with
            a second bias b' in all three gates. Defaults to `False`.
        seed: int or `None`, of the initial weights.

    Call arguments:
        inputs: float `[rows, 3 * units]`, the input's part of the three gates.
        states: Sequence of one float `[rows, units]`, the hidden state.

    Returns:
        Tuple of one float `[rows, units]`, the new hidden state.

    Example:

    >>> cell = GRUCell(4)
    >>> (hidden,) = cell(keras.ops.zeros((2, 12)), [keras.ops.ones((2, 4))])
    >>> hidden.shape
    TensorShape([2, 4])
    """

    num_gates = 3

    def __init__(
        self,
        units: int,
        activation: str = "tanh",
        reset_after: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, seed, **kwargs)
        self.reset_after = reset_after

    def build(self, *_: Any) -> None:
        # The candidate has a matrix of its own: it multiplies r * h, the gates multiply h.
        self.gate_kernel = self._add_kernel("gate_kernel", 2)
        self.candidate_kernel = self._add_kernel("candidate_kernel", 1)
        self.bias = self._add_bias()
        if self.reset_after:
            self.recurrent_bias = self._add_bias("recurrent_bias")

    def call(self, inputs: Any, states: Any) -> tuple[Any, ...]:
        (hidden,) = states
        inputs = inputs + self.bias
        units = self.units
        if self.reset_after:
            inputs = inputs + ops.pad(self.recurrent_bias[units:], [[units, 0]])
        gates = ops.sigmoid(inputs[:, units:] + ops.matmul(hidden, self.gate_kernel))
        reset, update = gates[:, :units], gates[:, units:]
        if self.reset_after:
            recurrent = ops.matmul(hidden, self.candidate_kernel) + self.recurrent_bias[:units]
            recurrent = reset * recurrent
        else:
            recurrent = ops.matmul(reset * hidden, self.candidate_kernel)
        candidate = self.activation(inputs[:, :units] + recurrent)
        return (hidden + update * (candidate - hidden),)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reset_after": self.reset_after}
