import math

import numpy as np
import pytest

from harness.loss import ACTIVATIONS, run_loss_test, value_and_gradient
from keras_sessrec.losses import BPR, bpr
from reference import losses as reference


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contract(activation):
    run_loss_test(BPR, reference.bpr, activation)


def test_by_hand():
    # sigmoid(log 3 - 0) = 3/4, sigmoid(log 3 - log 3) = 1/2.
    scores = np.array([[0.0, math.log(3), math.log(3)]], "float32")
    want = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    assert float(bpr([1], scores)[0]) == pytest.approx(want, rel=1e-6)


def test_mean_over_the_negatives_without_the_positive():
    # At equal scores every pair is log 2, whatever their number.
    for columns in (2, 3, 50):
        rows = np.asarray(bpr([0, 1], np.zeros((2, columns), "float32")))
        np.testing.assert_allclose(rows, math.log(2), rtol=1e-6)


@pytest.mark.parametrize("gap", [200.0, 1e4])
def test_c11_far_apart(gap):
    low, low_gradient = value_and_gradient(BPR(), [0], np.array([[-gap, 0.0]]))
    np.testing.assert_allclose(low, gap, rtol=1e-6)
    np.testing.assert_allclose(low_gradient, [[-1.0, 1.0]], rtol=1e-6)
    high, high_gradient = value_and_gradient(BPR(), [0], np.array([[gap, 0.0]]))
    assert high == 0 and (high_gradient == 0).all()
