import math

import keras
import numpy as np
import pytest

from harness.loss import run_loss_test, value_and_gradient
from keras_sessrec.losses import BPRMax, bpr_max
from reference import losses as reference


@pytest.mark.parametrize(
    ("activation", "regularization"), [("none", 0.0), ("none", 1.85), ("tanh", 1.0), ("elu", 0.5)]
)
def test_contract(activation, regularization):
    def expected(own, others):
        return reference.bpr_max(own, others, regularization)

    run_loss_test(BPRMax, expected, activation, regularization=regularization)


def test_by_hand():
    # Negatives 0 and log 3: s = 1/4, 3/4; sigmoid(0 - 0) = 1/2, sigmoid(-log 3) = 1/4.
    scores = np.array([[0.0, 0.0, math.log(3)]], "float32")
    rank_term = -math.log(1 / 4 * 1 / 2 + 3 / 4 * 1 / 4)
    score_term = 3 / 4 * math.log(3) ** 2
    assert float(bpr_max([0], scores)[0]) == pytest.approx(rank_term, rel=1e-6)
    assert float(bpr_max([0], scores, None, 2.0)[0]) == pytest.approx(
        rank_term + 2 * score_term, rel=1e-6
    )


def test_c9_softmax_leaves_the_positive_out():
    # With the positive in the softmax, its own score of 9 would drown every negative.
    scores = np.array([[9.0, 1.0, 1.0]], "float32")
    assert float(bpr_max([0], scores, None, 1.0)[0]) == pytest.approx(
        math.log(1 + math.exp(-8)) + 1.0, rel=1e-5
    )


def test_c9_rows_do_not_mix():
    scores = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    together = np.asarray(bpr_max([0, 1, 2, 3], scores, None, 1.0))
    for row in range(4):
        alone = float(bpr_max([row], scores[row : row + 1], None, 1.0)[0])
        assert together[row] == pytest.approx(alone, rel=1e-6)


def test_c10_linear_in_the_regularization():
    scores = np.random.default_rng(1).normal(size=(3, 7)).astype("float32")
    at = [np.asarray(BPRMax(weight).per_row([0, 1, 2], scores)) for weight in (0.0, 0.5, 2.0)]
    slope = at[1] - at[0]
    assert (slope > 0.01).all()
    np.testing.assert_allclose(at[2] - at[0], 4 * slope, rtol=1e-4)


def test_c10_regularization_pulls_a_confident_negative_down():
    scores = np.array([[5.0, 3.0, -1.0]])
    _, free = value_and_gradient(BPRMax(0.0), [0], scores)
    _, held = value_and_gradient(BPRMax(1.0), [0], scores)
    assert held[0, 1] > free[0, 1] + 1
    assert held[0, 0] == pytest.approx(free[0, 0], abs=1e-6)


@pytest.mark.parametrize("gap", [50.0, 1e3, 1e4])
def test_c11_gradient_lives_when_the_positive_is_far_below(gap):
    # Far below, the loss is r_greatest - r_i: slope -1 at the positive. An epsilon of
    # 1e-24 inside the logarithm would make it 0.
    rows, gradient = value_and_gradient(BPRMax(0.0), [0], np.array([[-gap, 0.0, -1.0]]))
    np.testing.assert_allclose(gradient[0, 0], -1.0, rtol=1e-4)
    share = 1 / (1 + math.exp(-1))
    # s_j e^{r_i - r_j}, summed, is 2 / (1 + e^-1) e^{r_i}.
    np.testing.assert_allclose(rows[0], gap - math.log(2 * share), rtol=1e-5)


def test_c11_gradient_is_finite_when_the_positive_is_far_above():
    scores = np.array([[200.0, -300.0, -299.0], [100.0, -200.0, -200.0]])
    for jit in (False, True):
        rows, gradient = value_and_gradient(BPRMax(0.0), [0, 0], scores, jit=jit)
        np.testing.assert_allclose(rows, 0.0, atol=1e-6)
        np.testing.assert_allclose(gradient, 0.0, atol=1e-6)


def test_c23_parameters_survive():
    loss = BPRMax(0.5, activation=keras.layers.ELU(0.5))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.regularization == 0.5
    assert again.activation.alpha == 0.5


def test_negative_regularization_is_refused():
    with pytest.raises(ValueError, match=r"`regularization`.*-1"):
        BPRMax(regularization=-1)
