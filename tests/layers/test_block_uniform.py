"""The authors' initialisation, block by block."""

import numpy as np
import pytest

from keras_sessrec.layers import BlockUniform


def test_c17_every_gate_reaches_its_own_bound():
    kernel = np.asarray(BlockUniform(columns=[40, 80], seed=1)((60, 120)))
    for block, bound in ((kernel[:, :40], (6 / 100) ** 0.5), (kernel[:, 40:], (6 / 140) ** 0.5)):
        assert 0.99 * bound < np.abs(block).max() <= bound
        # Standard deviation of U(-x, x) is x / sqrt(3); 2400 draws or more.
        assert block.std() == pytest.approx(bound / 3**0.5, rel=0.03)
        assert abs(block.mean()) < 0.05 * bound


def test_whole_matrix_is_one_block_by_default():
    kernel = np.asarray(BlockUniform(seed=1)((50, 50)))
    assert 0.99 * (6 / 100) ** 0.5 < np.abs(kernel).max() <= (6 / 100) ** 0.5


def test_rows_replaces_the_height_in_the_formula():
    kernel = np.asarray(BlockUniform(rows=2, seed=1)((100, 4)))
    assert 0.98 < np.abs(kernel).max() <= 1.0


def test_seed_fixes_the_draw():
    first = np.asarray(BlockUniform(seed=1)((3, 4)))
    np.testing.assert_array_equal(first, BlockUniform(seed=1)((3, 4)))
    assert not np.array_equal(first, BlockUniform(seed=2)((3, 4)))
    assert not np.array_equal(BlockUniform()((3, 4)), BlockUniform()((3, 4)))


def test_config_round_trip_draws_the_same():
    made = BlockUniform(columns=[2, 2], rows=9)
    again = BlockUniform.from_config(made.get_config())
    np.testing.assert_array_equal(again((3, 4)), made((3, 4)))


def test_blocks_must_fill_the_matrix():
    with pytest.raises(ValueError, match=r"`columns`.*5.*Received.*\[2, 2\]"):
        BlockUniform(columns=[2, 2])((3, 5))
