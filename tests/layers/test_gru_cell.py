"""The GRU cell against its equations and against Keras' own cell."""

import keras
import numpy as np

from harness.layer import run_layer_test
from keras_sessrec.layers import GRUCell
from reference import gru

RNG = np.random.default_rng(0)
GATES = RNG.normal(size=(5, 12)).astype("float32")
HIDDEN = RNG.normal(size=(5, 4)).astype("float32")


def test_contract():
    run_layer_test(
        lambda **kwargs: GRUCell(4, **kwargs),
        lambda cell: cell.built or cell.build(),
        lambda cell: cell(GATES, [HIDDEN])[0],
        output_shape=(5, 4),
        weight_shapes=[(4, 8), (4, 4), (12,)],
    )


def with_random_bias():
    cell = GRUCell(4, seed=1)
    cell.build()
    cell.bias.assign(RNG.normal(size=12))
    return cell


def test_c32_equals_the_equations():
    cell = with_random_bias()
    expected = gru.gru_cell(
        GATES, HIDDEN, np.asarray(cell.gate_kernel), np.asarray(cell.candidate_kernel), cell.bias
    )
    np.testing.assert_allclose(cell(GATES, [HIDDEN])[0], expected, atol=1e-6)


def test_equals_keras_with_the_update_gate_negated():
    cell = with_random_bias()
    # sigmoid(-a) = 1 - sigmoid(a), and Keras' z keeps where ours replaces; its order is z, r, c.
    theirs = keras.layers.GRUCell(4, reset_after=False)
    theirs.build((5, 12))
    candidate, reset, update = np.split(np.eye(12), 3, axis=1)
    b_candidate, b_reset, b_update = np.split(np.asarray(cell.bias), 3)
    u_reset, u_update = np.split(np.asarray(cell.gate_kernel), 2, axis=1)
    theirs.kernel.assign(np.concatenate([-update, reset, candidate], axis=1))
    theirs.recurrent_kernel.assign(
        np.concatenate([-u_update, u_reset, np.asarray(cell.candidate_kernel)], axis=1)
    )
    theirs.bias.assign(np.concatenate([-b_update, b_reset, b_candidate]))
    np.testing.assert_allclose(cell(GATES, [HIDDEN])[0], theirs(GATES, HIDDEN)[0], atol=1e-6)


def test_c17_recurrent_matrices_are_drawn_gate_by_gate():
    cell = GRUCell(64, seed=1)
    cell.build()
    bound = (6 / 128) ** 0.5
    for matrix in (cell.gate_kernel[:, :64], cell.gate_kernel[:, 64:], cell.candidate_kernel):
        assert 0.99 * bound < np.abs(matrix).max() <= bound
    np.testing.assert_array_equal(cell.bias, np.zeros(192))


def test_activation_of_the_candidate():
    cell = GRUCell(2, activation="relu", seed=1)
    (hidden,) = cell(np.array([[-3.0, 5.0, 0, 0, 50, 50]], "float32"), [np.zeros((1, 2), "f")])
    np.testing.assert_allclose(hidden, [[0.0, 5.0]], atol=1e-5)


def test_c32_reset_after_equals_keras_default_cell():
    """The cell of the authors' PyTorch port is Keras' default one, with z and 1 - z exchanged."""
    units, rows = 4, 3
    cell = GRUCell(units, reset_after=True)
    cell.build()
    cell.built = True
    for weight in cell.weights:
        weight.assign(RNG.normal(size=weight.shape))
    inputs, hidden = RNG.normal(size=(rows, 3 * units)), RNG.normal(size=(rows, units))
    (ours,) = cell(inputs.astype("float32"), [hidden.astype("float32")])

    def reorder(matrix):
        """Columns candidate, reset, update to Keras' update (negated), reset, candidate."""
        c, r, z = np.split(np.asarray(matrix, "float32"), 3, axis=-1)
        return np.concatenate([-z, r, c], axis=-1)

    theirs = keras.layers.GRUCell(units)  # reset_after is its default
    theirs.build((rows, 3 * units))
    recurrent = np.concatenate([cell.candidate_kernel, cell.gate_kernel], axis=1)
    theirs.set_weights(
        [
            reorder(np.eye(3 * units)),
            reorder(recurrent),
            np.stack([reorder(cell.bias), reorder(cell.recurrent_bias)]),
        ]
    )
    expected, _ = theirs(inputs.astype("float32"), [hidden.astype("float32")])
    np.testing.assert_allclose(ours, expected, atol=1e-6)
