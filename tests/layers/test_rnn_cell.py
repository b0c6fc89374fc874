"""The plain recurrent cell against its equation."""

import numpy as np

from harness.layer import run_layer_test
from keras_sessrec.layers import RNNCell
from reference import gru

RNG = np.random.default_rng(0)
GATES = RNG.normal(size=(5, 4)).astype("float32")
HIDDEN = RNG.normal(size=(5, 4)).astype("float32")


def test_contract():
    run_layer_test(
        lambda **kwargs: RNNCell(4, **kwargs),
        lambda cell: cell.built or cell.build(),
        lambda cell: cell(GATES, [HIDDEN])[0],
        output_shape=(5, 4),
        weight_shapes=[(4, 4), (4,)],
    )


def test_equals_the_equation():
    cell = RNNCell(4, seed=1)
    cell.build()
    cell.bias.assign(RNG.normal(size=4))
    expected = gru.rnn_cell(GATES, HIDDEN, np.asarray(cell.kernel), np.asarray(cell.bias))
    np.testing.assert_allclose(cell(GATES, [HIDDEN])[0], expected, atol=1e-6)
