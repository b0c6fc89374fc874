"""TOP1, BPR and their max forms, against plain numpy and by hand."""

import math

import keras
import numpy as np
import pytest

from harness.loss import run_loss_test, value_and_gradient
from keras_sessrec.losses import BPR, TOP1, BPRMax, TOP1Max, bpr, bpr_max, top1, top1_max
from keras_sessrec.losses.pairwise import negative_softmax
from reference import losses as reference


@pytest.mark.parametrize(
    "activation", ["none", "elu", pytest.param("tanh", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("cls", "expected"),
    [(TOP1, reference.top1), (BPR, reference.bpr), (TOP1Max, reference.top1_max)],
)
def test_contract(cls, expected, activation):
    run_loss_test(cls, expected, activation)


@pytest.mark.parametrize(("activation", "regularization"), [("none", 0.0), ("elu", 0.5)])
def test_contract_of_bpr_max(activation, regularization):
    def expected(own, others):
        return reference.bpr_max(own, others, regularization)

    run_loss_test(BPRMax, expected, activation, regularization=regularization)


# === top1 ===


def test_top1_by_hand():
    # Negatives 0 and 1 against 2: sigmoid(-2) + sigmoid(0), sigmoid(-1) + sigmoid(1).
    scores = np.array([[2.0, 0.0, 1.0]], "float32")
    want = (1 / (1 + math.exp(2)) + 1 / 2 + 1) / 2
    assert float(top1([0], scores)[0]) == pytest.approx(want, rel=1e-6)


def test_c12_top1_positive_is_not_regularised():
    # The positive may be as great as it likes: only the negative's sigmoid(0) stays.
    scores = np.array([[30.0, 0.0]], "float32")
    assert float(top1([0], scores)[0]) == pytest.approx(0.5, abs=1e-6)
    _, gradient = value_and_gradient(TOP1(), [0], np.array([[1.5, 1.0]]))
    slope = math.exp(-0.5) / (1 + math.exp(-0.5)) ** 2
    assert gradient[0, 0] == pytest.approx(-slope, rel=1e-5)


def test_top1_masked_column_costs_nothing():
    # A score of -1e9 in its place would cost sigmoid(1e18) = 1.
    scores = np.array([[0.0, 0.0, -1e9]], "float32")
    valid = np.array([[True, True, False]])
    assert float(top1([0], scores, valid)[0]) == pytest.approx(1.0, rel=1e-6)
    assert float(top1([0], scores)[0]) == pytest.approx(1.0, rel=1e-6)
    assert float(top1([0], np.array([[0.0, 0.5, -1e9]], "float32"), valid)[0]) > 1.1


# === bpr ===


def test_bpr_by_hand():
    # sigmoid(log 3 - 0) = 3/4, sigmoid(log 3 - log 3) = 1/2.
    scores = np.array([[0.0, math.log(3), math.log(3)]], "float32")
    want = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    assert float(bpr([1], scores)[0]) == pytest.approx(want, rel=1e-6)


def test_bpr_mean_over_the_negatives_without_the_positive():
    # At equal scores every pair is log 2, whatever their number.
    for columns in (2, 3, 50):
        rows = np.asarray(bpr([0, 1], np.zeros((2, columns), "float32")))
        np.testing.assert_allclose(rows, math.log(2), rtol=1e-6)


@pytest.mark.parametrize("gap", [200.0, 1e4])
def test_c11_bpr_far_apart(gap):
    low, low_gradient = value_and_gradient(BPR(), [0], np.array([[-gap, 0.0]]))
    np.testing.assert_allclose(low, gap, rtol=1e-6)
    np.testing.assert_allclose(low_gradient, [[-1.0, 1.0]], rtol=1e-6)
    high, high_gradient = value_and_gradient(BPR(), [0], np.array([[gap, 0.0]]))
    assert high == 0 and (high_gradient == 0).all()


# === top1_max ===


def test_top1_max_by_hand():
    # Negatives 0 and log 3: s = 1/4, 3/4; the pairs are sigmoid(0) + sigmoid(0) and
    # sigmoid(log 3) = 3/4 plus sigmoid(log(3)^2).
    scores = np.array([[0.0, 0.0, math.log(3)]], "float32")
    want = 1 / 4 * 1.0 + 3 / 4 * (3 / 4 + 1 / (1 + math.exp(-(math.log(3) ** 2))))
    assert float(top1_max([0], scores)[0]) == pytest.approx(want, rel=1e-6)


def test_c12_top1_max_sum_with_the_softmax_and_not_a_mean():
    # A mean over the columns would shrink as equal negatives are added.
    for columns in (2, 5, 50):
        rows = np.asarray(top1_max([0], np.zeros((1, columns), "float32")))
        np.testing.assert_allclose(rows, 1.0, rtol=1e-6)


def test_c12_top1_max_softmax_leaves_the_positive_out():
    # With the positive in the softmax, its own score of 9 would drown the negatives.
    rows = np.asarray(top1_max([0], np.array([[9.0, 0.0, 0.0]], "float32")))
    np.testing.assert_allclose(rows, 1 / (1 + math.exp(9)) + 0.5, rtol=1e-5)


def test_top1_max_gradient_does_not_fade_with_weak_negatives():
    # 1000 negatives that are already far below must not thin out the one that is not.
    few = np.array([[0.0, 1.0]])
    many = np.concatenate([few, np.full((1, 1000), -20.0)], axis=1)
    _, small = value_and_gradient(TOP1Max(), [0], few)
    _, great = value_and_gradient(TOP1Max(), [0], many)
    np.testing.assert_allclose(great[:, :2], small, rtol=1e-4)


# === bpr_max ===


def test_bpr_max_by_hand():
    # Negatives 0 and log 3: s = 1/4, 3/4; sigmoid(0 - 0) = 1/2, sigmoid(-log 3) = 1/4.
    scores = np.array([[0.0, 0.0, math.log(3)]], "float32")
    rank_term = -math.log(1 / 4 * 1 / 2 + 3 / 4 * 1 / 4)
    score_term = 3 / 4 * math.log(3) ** 2
    assert float(bpr_max([0], scores)[0]) == pytest.approx(rank_term, rel=1e-6)
    assert float(bpr_max([0], scores, None, 2.0)[0]) == pytest.approx(
        rank_term + 2 * score_term, rel=1e-6
    )


def test_c9_bpr_max_softmax_leaves_the_positive_out():
    # With the positive in the softmax, its own score of 9 would drown every negative.
    scores = np.array([[9.0, 1.0, 1.0]], "float32")
    assert float(bpr_max([0], scores, None, 1.0)[0]) == pytest.approx(
        math.log(1 + math.exp(-8)) + 1.0, rel=1e-5
    )


def test_c9_bpr_max_rows_do_not_mix():
    scores = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    together = np.asarray(bpr_max([0, 1, 2, 3], scores, None, 1.0))
    for row in range(4):
        alone = float(bpr_max([row], scores[row : row + 1], None, 1.0)[0])
        assert together[row] == pytest.approx(alone, rel=1e-6)


def test_c10_bpr_max_linear_in_the_regularization():
    scores = np.random.default_rng(1).normal(size=(3, 7)).astype("float32")
    at = [np.asarray(BPRMax(weight).per_row([0, 1, 2], scores)) for weight in (0.0, 0.5, 2.0)]
    slope = at[1] - at[0]
    assert (slope > 0.01).all()
    np.testing.assert_allclose(at[2] - at[0], 4 * slope, rtol=1e-4)


def test_c10_bpr_max_regularization_pulls_a_confident_negative_down():
    scores = np.array([[5.0, 3.0, -1.0]])
    _, free = value_and_gradient(BPRMax(0.0), [0], scores)
    _, held = value_and_gradient(BPRMax(1.0), [0], scores)
    assert held[0, 1] > free[0, 1] + 1
    assert held[0, 0] == pytest.approx(free[0, 0], abs=1e-6)


@pytest.mark.parametrize("gap", [50.0, 1e3, 1e4])
def test_c11_bpr_max_gradient_lives_when_the_positive_is_far_below(gap):
    # Far below, the loss is r_greatest - r_i: slope -1 at the positive. An epsilon of
    # 1e-24 inside the logarithm would make it 0.
    rows, gradient = value_and_gradient(BPRMax(0.0), [0], np.array([[-gap, 0.0, -1.0]]))
    np.testing.assert_allclose(gradient[0, 0], -1.0, rtol=1e-4)
    share = 1 / (1 + math.exp(-1))
    # s_j e^{r_i - r_j}, summed, is 2 / (1 + e^-1) e^{r_i}.
    np.testing.assert_allclose(rows[0], gap - math.log(2 * share), rtol=1e-5)


def test_c11_bpr_max_gradient_is_finite_when_the_positive_is_far_above():
    scores = np.array([[200.0, -300.0, -299.0], [100.0, -200.0, -200.0]])
    for jit in (False, True):
        rows, gradient = value_and_gradient(BPRMax(0.0), [0, 0], scores, jit=jit)
        np.testing.assert_allclose(rows, 0.0, atol=1e-6)
        np.testing.assert_allclose(gradient, 0.0, atol=1e-6)


def test_c23_bpr_max_parameters_survive():
    loss = BPRMax(0.5, activation=keras.layers.ELU(0.5))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.regularization == 0.5
    assert again.activation.alpha == 0.5


def test_bpr_max_negative_regularization_is_refused():
    with pytest.raises(ValueError, match=r"`regularization`.*-1"):
        BPRMax(regularization=-1)


# === What they share ===


def test_negative_softmax_by_hand():
    scores = np.log(np.array([[8.0, 1.0, 3.0], [8.0, 1.0, 3.0]], "float32"))
    negative = np.array([[False, True, True], [False, False, False]])
    softmax, log_total, greatest = map(np.asarray, negative_softmax(scores, negative))
    np.testing.assert_allclose(softmax, [[0, 0.25, 0.75], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(greatest, [[np.log(3)], [0]], rtol=1e-6)
    np.testing.assert_allclose(log_total, [[np.log(4 / 3)], [0]], rtol=1e-6)


def test_log_of_the_normaliser_keeps_its_digits_at_great_scores():
    scores = np.full((2, 9), 1e4, "float32")
    negative = np.arange(9) != np.array([[0], [1]])
    _, log_total, _ = negative_softmax(scores, negative)
    np.testing.assert_allclose(log_total, np.log(8), rtol=1e-6)
