"""Counter-based random numbers: known answers, uniformity, the same with and without XLA."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.ops.counter_random import (
    dropout_mask,
    random_bits,
    random_integers,
    random_uniform,
    random_uniform_of,
)


class Key:
    """A seed generator with a given state."""

    def __init__(self, *words):
        self.words = words

    def next(self):
        return tf.constant(self.words, tf.uint32)


def threefry_2x32(key, counter):
    """Threefry-2x32 with 20 rounds on Python integers, from the paper's definition."""
    mask = 0xFFFFFFFF
    ks = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    x, y = (counter[0] + ks[0]) & mask, (counter[1] + ks[1]) & mask
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    for i in range(20):
        x = (x + y) & mask
        r = rotations[i % 8]
        y = ((y << r) | (y >> (32 - r))) & mask
        y ^= x
        if i % 4 == 3:
            s = i // 4 + 1
            x = (x + ks[s % 3]) & mask
            y = (y + ks[(s + 1) % 3] + s) & mask
    return x, y


def test_reference_gives_the_published_known_answers():
    """The three vectors distributed with Random123."""
    assert threefry_2x32((0, 0), (0, 0)) == (0x6B200159, 0x99BA4EFE)
    ones = 0xFFFFFFFF
    assert threefry_2x32((ones, ones), (ones, ones)) == (0x1CB996FC, 0xBB002BE7)
    pi = ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3))
    assert threefry_2x32(*pi) == (0xC4923A9C, 0x483DF7A0)


@pytest.mark.parametrize("count", [1, 2, 7, 10])
def test_bits_are_threefry_of_the_counter(count):
    key = (0x13198A2E, 0x03707344)
    half = (count + 1) // 2
    pairs = [threefry_2x32(key, (i, half + i)) for i in range(half)]
    expected = [p[0] for p in pairs] + [p[1] for p in pairs]
    assert random_bits((count,), Key(*key)).numpy().tolist() == expected[:count]


def test_xla_and_eager_draw_the_same_and_advance_the_seed():
    def three():
        return [random_uniform((5,), seed) for _ in range(3)]

    seed = keras.random.SeedGenerator(3)
    eager = np.array(three())
    seed = keras.random.SeedGenerator(3)
    compiled = np.array(tf.function(three, jit_compile=True, autograph=False)())
    np.testing.assert_array_equal(eager, compiled)
    assert len(np.unique(eager)) == 15


def test_resumes_from_the_seeds_state():
    seed = keras.random.SeedGenerator(3)
    random_uniform((5,), seed)
    resumed = keras.random.SeedGenerator(9)
    resumed.state.assign(seed.state)
    np.testing.assert_array_equal(random_uniform((5,), seed), random_uniform((5,), resumed))


def test_uniform_numbers_fill_the_unit_interval_evenly():
    draws = random_uniform((200, 1000), keras.random.SeedGenerator(1)).numpy().ravel()
    assert draws.min() >= 0 and draws.max() < 1
    counts = np.histogram(draws, bins=100, range=(0, 1))[0]
    statistic = ((counts - 2000) ** 2 / 2000).sum()  # chi-square with 99 degrees of freedom
    assert 50 < statistic < 160
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.01


def test_integers_are_in_range_and_even():
    draws = random_integers((100_000,), 7, keras.random.SeedGenerator(1)).numpy()
    counts = np.bincount(draws, minlength=7)
    assert len(counts) == 7
    assert ((counts - 1e5 / 7) ** 2 / (1e5 / 7)).sum() < 22.5  # p = 0.001, 6 degrees


def test_c14_dropout_rate_is_the_share_dropped():
    mask = dropout_mask((1000, 100), 0.3, keras.random.SeedGenerator(1), "float32").numpy()
    assert (mask == 0).mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(np.unique(mask), [0, 1 / 0.7], rtol=1e-6)


def test_shapes_may_be_known_only_at_run_time():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def draw(like):
        return random_uniform((tf.shape(like)[0], 3), Key(1, 2))

    assert draw(tf.zeros(4)).shape == (4, 3)


def test_numbers_of_values_are_threefry_of_the_value():
    key, values = (0x13198A2E, 0x03707344), [[5, 0, 5], [2**31 - 1, 7, 0]]
    expected = [[(threefry_2x32(key, (v, 0))[0] >> 8) * 2.0**-24 for v in row] for row in values]
    found = random_uniform_of(np.array(values, np.int32), Key(*key))
    assert found.dtype == "float32" and found.numpy().tolist() == expected


def test_numbers_of_values_are_uniform_and_fresh_in_every_draw():
    seed, values = keras.random.SeedGenerator(4), np.arange(20_000)
    draw = tf.function(lambda: random_uniform_of(values, seed), jit_compile=True)
    first, second = draw().numpy(), draw().numpy()
    for drawn in (first, second):
        # 2,000 expected in each tenth; the standard deviation is 42.
        assert np.abs(np.histogram(drawn, 10, (0, 1))[0] - 2000).max() < 200
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
