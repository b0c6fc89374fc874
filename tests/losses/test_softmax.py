import math

import numpy as np
import pytest

from harness.loss import ACTIVATIONS, run_loss_test, value_and_gradient
from keras_sessrec.losses import CrossEntropy, cross_entropy
from reference import losses as reference


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contract(activation):
    run_loss_test(CrossEntropy, reference.cross_entropy, activation)


@pytest.mark.parametrize("columns", [2, 10, 1000])
def test_c7_zero_scores_cost_log_of_the_columns(columns):
    rows = np.asarray(cross_entropy([0, 1], np.zeros((2, columns), "float32")))
    np.testing.assert_allclose(rows, math.log(columns), rtol=1e-6)


def test_c7_softmax_is_taken_once():
    # Softmax 3/4, 1/4; a second softmax over (3/4, 1/4) would give 0.47 instead.
    scores = np.array([[math.log(3), 0.0]], "float32")
    assert float(cross_entropy([0], scores)[0]) == pytest.approx(math.log(4 / 3), rel=1e-6)


def test_c6_softmax_is_over_the_sampled_columns_only():
    # 4 of 1000 items are candidates: the numbers are those of a world of 4 items.
    rng = np.random.default_rng(3)
    everything = rng.normal(size=(2, 1000)).astype("float32")
    sampled = np.array([17, 400, 3, 999])
    powers = np.exp(everything[:, sampled].astype(np.float64))
    want = -np.log(powers[[0, 1], [0, 1]] / powers.sum(axis=1))
    rows = np.asarray(cross_entropy([0, 1], everything[:, sampled]))
    np.testing.assert_allclose(rows, want, rtol=1e-5)

    # The same as a mask over the whole catalog, where the others get no gradient.
    valid = np.isin(np.arange(1000), sampled)[None, :]
    rows, gradient = value_and_gradient(CrossEntropy(), sampled[:2], everything, valid)
    np.testing.assert_allclose(rows, want, rtol=1e-5)
    assert (gradient[:, ~valid[0]] == 0).all() and (gradient[:, sampled] != 0).all()


@pytest.mark.parametrize("gap", [100.0, 1e4])
def test_c11_gradient_lives_when_the_positive_is_far_below(gap):
    # log(softmax + 1e-24) would stop at 55.3 with gradient 0.
    rows, gradient = value_and_gradient(CrossEntropy(), [0], np.array([[-gap, 0.0]]))
    np.testing.assert_allclose(rows, gap, rtol=1e-6)
    np.testing.assert_allclose(gradient, [[-1.0, 1.0]], rtol=1e-6)
