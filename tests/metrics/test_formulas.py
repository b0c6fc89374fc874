import numpy as np
import pytest

from keras_sessrec.metrics import formulas

RANK = np.array([1.0, 2.0, 2.5, 3.0, 20.0, 20.5, 21.0, np.inf])


def test_c28_cutoff_is_inclusive():
    np.testing.assert_array_equal(formulas.hit(RANK, 20), [1, 1, 1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(formulas.hit(RANK, 1), [1, 0, 0, 0, 0, 0, 0, 0])


def test_values_by_hand_in_float64():
    np.testing.assert_allclose(
        formulas.reciprocal_rank(RANK, 20), [1, 0.5, 0.4, 1 / 3, 0.05, 0, 0, 0], rtol=1e-15
    )
    np.testing.assert_allclose(
        formulas.discounted_gain(RANK, 20)[:4],
        [1, 0.6309297535714575, 0.5533, 0.5],
        rtol=1e-4,
    )
    assert np.asarray(formulas.discounted_gain(RANK, 20)).dtype == np.float64
    assert float(formulas.discounted_gain(np.inf, 20)) == 0


def test_relative_popularity():
    np.testing.assert_array_equal(formulas.relative_popularity([2, 8, 0]), [0.25, 1, 0])
    with pytest.raises(ValueError, match="`counts` must"):
        formulas.relative_popularity([0, 0])
