"""The LSTM cell against its equations."""

import numpy as np

from harness.layer import run_layer_test
from keras_sessrec.layers import LSTMCell
from reference import gru

RNG = np.random.default_rng(0)
GATES = RNG.normal(size=(5, 16)).astype("float32")
STATES = [RNG.normal(size=(5, 4)).astype("float32") for _ in range(2)]


def test_contract():
    run_layer_test(
        lambda **kwargs: LSTMCell(4, **kwargs),
        lambda cell: cell.built or cell.build(),
        lambda cell: cell(GATES, STATES)[0],
        output_shape=(5, 4),
        weight_shapes=[(4, 16), (16,)],
    )


def test_equals_the_equations():
    cell = LSTMCell(4, seed=1)
    cell.build()
    cell.bias.assign(RNG.normal(size=16))
    hidden, memory = gru.lstm_cell(GATES, *STATES, np.asarray(cell.kernel), np.asarray(cell.bias))
    ours = cell(GATES, STATES)
    np.testing.assert_allclose(ours[0], hidden, atol=1e-6)
    np.testing.assert_allclose(ours[1], memory, atol=1e-6)


def test_forget_gate_starts_open():
    cell = LSTMCell(3, seed=1)
    cell.build()
    np.testing.assert_array_equal(cell.bias, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
