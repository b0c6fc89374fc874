"""The samplers that draw nothing."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.samplers import FullCatalog, InBatch, Uniform


def test_only_the_rows_positives():
    sampler = InBatch().built_for(ksr.Catalog(["a", "b", "c", "d"]))
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


def test_column_of_an_item_is_its_number_less_one():
    sampler = FullCatalog().built_for(ksr.Catalog(np.arange(30)))
    targets = tf.constant([30, 1, 0, 7])
    got = sampler.candidates(targets, targets > 0, keras.random.SeedGenerator(0))
    assert got.items is None and got.valid is None and got.log_q is None
    # An idle lane (row 2) has weight 0 in the step; its column only has to exist.
    assert got.y_true.numpy().tolist() == [29, 0, 0, 6]


def test_a_step_without_negatives_is_warned_of():
    with pytest.warns(UserWarning, match="`InBatch` has no negatives"):
        InBatch().warn_if_none(1)
    with pytest.warns(UserWarning, match="negative"):
        Uniform(0).warn_if_none(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        InBatch().warn_if_none(2)
        Uniform(1).warn_if_none(1)
        FullCatalog().warn_if_none(1)
