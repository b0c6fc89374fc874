import math

import numpy as np
import pytest

from harness.loss import ACTIVATIONS, run_loss_test, value_and_gradient
from keras_sessrec.losses import TOP1Max, top1_max
from reference import losses as reference


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contract(activation):
    run_loss_test(TOP1Max, reference.top1_max, activation)


def test_by_hand():
    # Negatives 0 and log 3: s = 1/4, 3/4; the pairs are sigmoid(0) + sigmoid(0) and
    # sigmoid(log 3) = 3/4 plus sigmoid(log(3)^2).
    scores = np.array([[0.0, 0.0, math.log(3)]], "float32")
    want = 1 / 4 * 1.0 + 3 / 4 * (3 / 4 + 1 / (1 + math.exp(-(math.log(3) ** 2))))
    assert float(top1_max([0], scores)[0]) == pytest.approx(want, rel=1e-6)


def test_c12_sum_with_the_softmax_and_not_a_mean():
    # A mean over the columns would shrink as equal negatives are added.
    for columns in (2, 5, 50):
        rows = np.asarray(top1_max([0], np.zeros((1, columns), "float32")))
        np.testing.assert_allclose(rows, 1.0, rtol=1e-6)


def test_c12_softmax_leaves_the_positive_out():
    # With the positive in the softmax, its own score of 9 would drown the negatives.
    rows = np.asarray(top1_max([0], np.array([[9.0, 0.0, 0.0]], "float32")))
    np.testing.assert_allclose(rows, 1 / (1 + math.exp(9)) + 0.5, rtol=1e-5)


def test_gradient_does_not_fade_with_weak_negatives():
    # 1000 negatives that are already far below must not thin out the one that is not.
    few = np.array([[0.0, 1.0]])
    many = np.concatenate([few, np.full((1, 1000), -20.0)], axis=1)
    _, small = value_and_gradient(TOP1Max(), [0], few)
    _, great = value_and_gradient(TOP1Max(), [0], many)
    np.testing.assert_allclose(great[:, :2], small, rtol=1e-4)
