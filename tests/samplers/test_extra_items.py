"""Extra items: how often each is drawn."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.samplers import Popularity, Uniform
from reference import chi_square

COUNTS = np.array([5000, 1200, 900, 400, 100, 60, 30, 9, 4, 1])
CATALOG = ksr.Catalog(np.arange(10), COUNTS)


def test_c22_defaults_of_popularity():
    config = Popularity().get_config()
    assert config == {
        "num": 2048,
        "alpha": 0.75,
        "logq": 0.0,
        "remove_accidental_hits": False,
    }


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.75, 1.0])
def test_c22_frequencies_follow_count_to_alpha(alpha):
    sampler = Popularity(200_000, alpha=alpha).built_for(CATALOG)
    items = sampler.draw(keras.random.SeedGenerator(1)).numpy()
    assert items.dtype == np.int32 and items.min() >= 1 and items.max() <= 10
    share = COUNTS**alpha / (COUNTS**alpha).sum()
    seen = np.bincount(items, minlength=11)[1:]
    assert chi_square.fits(seen, share)


def test_c22_draws_are_independent_of_one_another():
    # Pairs of neighbours: 9 cells with the product of the shares.
    sampler = Popularity(200_000, alpha=1.0).built_for(ksr.Catalog(["a", "b", "c"], [6, 3, 1]))
    items = sampler.draw(keras.random.SeedGenerator(2)).numpy() - 1
    pairs = np.bincount(items[::2] * 3 + items[1::2], minlength=9)
    share = np.outer([0.6, 0.3, 0.1], [0.6, 0.3, 0.1]).ravel()
    assert chi_square.fits(pairs, share)


def test_rare_items_of_a_great_catalog_do_not_vanish():
    # One item with half of all events and a million others: a float32 cumulative sum
    # would give each of them 0 or 1.2e-7 instead of 5e-7.
    counts = np.ones(1_000_001)
    counts[0] = 1_000_000
    sampler = Popularity(2_000_000, alpha=1.0).built_for(
        ksr.Catalog(np.arange(len(counts)), counts)
    )
    items = sampler.draw(keras.random.SeedGenerator(3)).numpy()
    assert np.mean(items == 1) == pytest.approx(0.5, abs=0.002)
    # 1,000,000 draws from a million items leave out e^-1 of them.
    assert len(np.unique(items)) / 1e6 == pytest.approx(1 - np.exp(-1), abs=0.003)


def test_an_item_that_never_occurred_counts_once():
    sampler = Popularity(40_000, alpha=1.0).built_for(ksr.Catalog(["a", "b"], [3, 0]))
    items = sampler.draw(keras.random.SeedGenerator(4)).numpy()
    assert np.mean(items == 2) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("alpha", [-0.1, 1.5])
def test_bad_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match=f"`alpha`.*{alpha}"):
        Popularity(alpha=alpha)


def test_every_item_is_as_likely_whatever_its_count():
    sampler = Uniform(100_000).built_for(ksr.Catalog(np.arange(20), np.arange(20) * 1000))
    items = sampler.draw(keras.random.SeedGenerator(0)).numpy()
    assert items.dtype == np.int32 and items.shape == (100_000,)
    assert items.min() == 1 and items.max() == 20
    assert chi_square.fits(np.bincount(items)[1:], np.full(20, 1 / 20))


def test_default_number_of_uniform():
    assert Uniform().num == 2048
