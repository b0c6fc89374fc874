"""What `samplers.get`, and so `compile(negatives=)`, takes and refuses."""

import keras
import pytest

from keras_sessrec import samplers


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("full_catalog", samplers.FullCatalog),
        ("in_batch", samplers.InBatch),
        ("popularity", samplers.Popularity),
        ("uniform", samplers.Uniform),
    ],
)
def test_every_sampler_has_a_name(name, cls):
    sampler = samplers.get(name)
    assert type(sampler) is cls and sampler.get_config() == cls().get_config()
    assert samplers.get(sampler) is sampler
    config = keras.saving.serialize_keras_object(sampler)
    assert type(samplers.get(config)) is cls


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("popular", ValueError, r"\['full_catalog', 'in_batch', 'popularity', 'uniform'\]"),
        (2048, TypeError, r"a `Sampler`, e.g. `ksr.samplers.Popularity\(2048\)`.*: 2048"),
        (samplers.InBatch, TypeError, "an object, not a class"),
        (None, TypeError, "Received: None"),
    ],
)
def test_anything_else_is_refused(given, error, message):
    with pytest.raises(error, match="`negatives` must be") as raised:
        samplers.get(given)
    assert raised.match(message)
