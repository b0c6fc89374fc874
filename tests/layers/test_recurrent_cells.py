"""The plain and the LSTM cell against their equations."""

import numpy as np

from harness.layer import run_layer_test
from keras_sessrec.layers import LSTMCell, RNNCell
from reference import gru

RNG = np.random.default_rng(0)
GATES = RNG.normal(size=(5, 16)).astype("float32")
STATES = [RNG.normal(size=(5, 4)).astype("float32") for _ in range(2)]


def test_contract_of_the_lstm():
    run_layer_test(
        lambda **kwargs: LSTMCell(4, **kwargs),
        lambda cell: cell.built or cell.build(),
        lambda cell: cell(GATES, STATES)[0],
        output_shape=(5, 4),
        weight_shapes=[(4, 16), (16,)],
    )


def test_the_lstm_equals_the_equations():
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


def test_contract_of_the_plain_cell():
    run_layer_test(
        lambda **kwargs: RNNCell(4, **kwargs),
        lambda cell: cell.built or cell.build(),
        lambda cell: cell(GATES[:, :4], STATES[:1])[0],
        output_shape=(5, 4),
        weight_shapes=[(4, 4), (4,)],
    )


def test_the_plain_cell_equals_the_equation():
    cell = RNNCell(4, seed=1)
    cell.build()
    cell.bias.assign(RNG.normal(size=4))
    expected = gru.rnn_cell(GATES[:, :4], STATES[0], np.asarray(cell.kernel), np.asarray(cell.bias))
    np.testing.assert_allclose(cell(GATES[:, :4], STATES[:1])[0], expected, atol=1e-6)
