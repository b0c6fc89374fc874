import keras
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.samplers import InBatch


def test_only_the_rows_positives():
    sampler = InBatch()
    sampler.build(ksr.Catalog(["a", "b", "c", "d"]))
    generator = keras.random.SeedGenerator(0)
    state = generator.state.numpy().tolist()
    targets = tf.constant([4, 2, 4])
    got = sampler.candidates(targets, targets > 0, generator)
    assert got.items.numpy().tolist() == [4, 2, 4]
    assert got.y_true.numpy().tolist() == [0, 1, 2]
    assert got.valid.numpy().all() and got.log_q is None
    assert generator.state.numpy().tolist() == state, "nothing is drawn"


def test_config_has_no_number():
    assert InBatch(0.5).get_config() == {"logq": 0.5, "remove_accidental_hits": False}


def test_bad_logq_is_refused():
    with pytest.raises(ValueError, match=r"`logq`.*-1"):
        InBatch(logq=-1)
