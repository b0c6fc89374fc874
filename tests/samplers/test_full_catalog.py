import keras
import numpy as np
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.samplers import FullCatalog


def test_column_of_an_item_is_its_number_less_one():
    sampler = FullCatalog()
    sampler.build(ksr.Catalog(np.arange(30)))
    targets = tf.constant([30, 1, 0, 7])
    got = sampler.candidates(targets, targets > 0, keras.random.SeedGenerator(0))
    assert got.items is None and got.valid is None and got.log_q is None
    # An idle lane (row 2) has weight 0 in the step; its column only has to exist.
    assert got.y_true.numpy().tolist() == [29, 0, 0, 6]
