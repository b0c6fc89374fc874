import numpy as np
import pytest

from keras_sessrec.samplers.alias_table import alias_table


def probabilities(keep, alias):
    """What the two tables draw: keep a place, or give the rest to its alias."""
    total = keep.astype(np.float64)
    np.add.at(total, alias, 1 - keep.astype(np.float64))
    return total / len(keep)


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("seed", range(30))
def test_draws_in_proportion_to_the_weights(seed, spread):
    rng = np.random.default_rng(seed)
    weights = np.exp(spread * rng.normal(size=rng.integers(1, 60)))
    keep, alias = alias_table(weights)
    assert keep.dtype == np.float32 and alias.dtype == np.int32
    assert (keep >= 0).all() and (keep <= 1).all()
    assert (alias >= 0).all() and (alias < len(weights)).all()
    want = weights / weights.sum()
    np.testing.assert_allclose(probabilities(keep, alias), want, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 0.75, 1.0])
def test_long_tail(exponent):
    # 300,000 items by Zipf's law: the rarest must not vanish, the first not drift.
    counts = np.ceil(1e7 / np.arange(1, 300_001))
    weights = counts**exponent
    got = probabilities(*alias_table(weights))
    want = weights / weights.sum()
    # float32 keeps 1 - keep to 6e-8 of a place; an item's gains add up over its givers.
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-7 / len(counts))


@pytest.mark.parametrize("size", [1, 2, 7])
def test_equal_weights_need_no_alias(size):
    keep, _ = alias_table(np.full(size, 3.0))
    np.testing.assert_allclose(keep, 1.0, rtol=1e-6)


def test_by_hand():
    # Shares 2, 1/2, 1/2: both light places borrow half of theirs from the first.
    keep, alias = alias_table(np.array([4.0, 1.0, 1.0]))
    np.testing.assert_allclose(keep, [1.0, 0.5, 0.5])
    assert alias[1:].tolist() == [0, 0]
