import keras
import numpy as np

import keras_sessrec as ksr
from keras_sessrec.samplers import Uniform
from reference import chi_square


def test_every_item_is_as_likely_whatever_its_count():
    sampler = Uniform(100_000)
    sampler.build(ksr.Catalog(np.arange(20), np.arange(20) * 1000))
    items = sampler.draw(keras.random.SeedGenerator(0)).numpy()
    assert items.dtype == np.int32 and items.shape == (100_000,)
    assert items.min() == 1 and items.max() == 20
    assert chi_square.fits(np.bincount(items)[1:], np.full(20, 1 / 20))


def test_default_number():
    assert Uniform().num == 2048
