import keras
import numpy as np
import pytest

from keras_sessrec.features.image_network import NETWORKS, image_network, unit_vectors

PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
MEAN, SPREAD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# What the authors of each network did to the pixels, and its number of columns.
EXPECTED = {
    "densenet121": (lambda p: (p / 255 - MEAN) / SPREAD, 1024),
    "mobilenet": (lambda p: p / 127.5 - 1, 1024),
    "resnet50": (lambda p: p[..., ::-1] - [103.939, 116.779, 123.68], 2048),
}


def test_every_network_is_checked():
    assert set(EXPECTED) == set(NETWORKS)


@pytest.mark.parametrize("cnn", EXPECTED)
def test_preprocessing_and_columns(cnn):
    prepare, columns = EXPECTED[cnn]
    network, preprocess = image_network(cnn, None, 32, seed=0)
    prepared = keras.ops.convert_to_numpy(preprocess(keras.ops.array(PIXELS)))
    np.testing.assert_allclose(prepared, prepare(PIXELS), rtol=1e-4, atol=1e-4)
    assert network.output_shape == (None, columns)
    assert network.trainable_weights == []
    vectors = keras.ops.convert_to_numpy(network(prepared))
    assert np.isfinite(vectors).all()
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3


def test_unit_vectors_of_any_batch():
    network, preprocess = image_network("mobilenet", None, 32, seed=0)
    prepared = preprocess(keras.ops.array(PIXELS))
    vectors = keras.ops.convert_to_numpy(network(prepared, training=False))
    expected = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    compiled = unit_vectors(network)
    np.testing.assert_allclose(compiled(prepared), expected, atol=1e-5)
    np.testing.assert_allclose(compiled(prepared[1:]), expected[1:], atol=1e-5)


def test_random_weights_depend_on_the_seed_only():
    def kernels(seed):
        network, _ = image_network("mobilenet", None, 32, seed)
        return [np.array(w) for w in network.weights]

    keras.utils.set_random_seed(1)
    first = kernels(0)
    keras.utils.set_random_seed(2)
    again, other = kernels(0), kernels(1)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_weights_of_a_file(tmp_path):
    network, _ = image_network("mobilenet", None, 32, seed=5)
    network.save_weights(tmp_path / "mine.weights.h5")
    again, _ = image_network("mobilenet", tmp_path / "mine.weights.h5", 32, seed=0)
    for a, b in zip(network.weights, again.weights, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b))
