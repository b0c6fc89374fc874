import math

import numpy as np
import pytest

from harness.loss import ACTIVATIONS, run_loss_test, value_and_gradient
from keras_sessrec.losses import TOP1, top1
from reference import losses as reference


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contract(activation):
    run_loss_test(TOP1, reference.top1, activation)


def test_by_hand():
    # Negatives 0 and 1 against 2: sigmoid(-2) + sigmoid(0), sigmoid(-1) + sigmoid(1).
    scores = np.array([[2.0, 0.0, 1.0]], "float32")
    want = (1 / (1 + math.exp(2)) + 1 / 2 + 1) / 2
    assert float(top1([0], scores)[0]) == pytest.approx(want, rel=1e-6)


def test_c12_positive_is_not_regularised():
    # The positive may be as great as it likes: only the negative's sigmoid(0) stays.
    scores = np.array([[30.0, 0.0]], "float32")
    assert float(top1([0], scores)[0]) == pytest.approx(0.5, abs=1e-6)
    _, gradient = value_and_gradient(TOP1(), [0], np.array([[1.5, 1.0]]))
    slope = math.exp(-0.5) / (1 + math.exp(-0.5)) ** 2
    assert gradient[0, 0] == pytest.approx(-slope, rel=1e-5)


def test_masked_column_costs_nothing():
    # A score of -1e9 in its place would cost sigmoid(1e18) = 1.
    scores = np.array([[0.0, 0.0, -1e9]], "float32")
    valid = np.array([[True, True, False]])
    assert float(top1([0], scores, valid)[0]) == pytest.approx(1.0, rel=1e-6)
    assert float(top1([0], scores)[0]) == pytest.approx(1.0, rel=1e-6)
    assert float(top1([0], np.array([[0.0, 0.5, -1e9]], "float32"), valid)[0]) > 1.1
