import keras
import numpy as np
import pytest

from keras_sessrec.ops.seeds import draw_seed, new_rng


def draws(seed, number=3):
    rng = new_rng(seed)
    return [draw_seed(rng) for _ in range(number)]


def test_a_given_seed_is_numpys_stream():
    want = np.random.default_rng(7).integers(2**31 - 1, size=3).tolist()
    assert draws(7) == draws(np.int64(7)) == want
    assert len(set(want)) == 3


def test_without_a_seed_keras_global_one_decides():
    keras.utils.set_random_seed(3)
    first, second = draws(None), draws(None)
    assert first != second, "parts differ"
    keras.utils.set_random_seed(3)
    assert [draws(None), draws(None)] == [first, second]
    keras.utils.set_random_seed(4)
    assert draws(None) != first


def test_a_given_seed_leaves_the_global_one_alone():
    keras.utils.set_random_seed(3)
    want = draws(None)
    keras.utils.set_random_seed(3)
    draws(11)
    assert draws(None) == want


@pytest.mark.parametrize("seed", [-1, 1.0, "3", True, [1, 2]])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer, at least 0, or `None`"):
        new_rng(seed)
