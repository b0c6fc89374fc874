import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.features import ImageVectorizer

IDS = [70, 30, 50, 10, 90, 20, 40]
PICTURES = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3)).astype(np.uint8)
SMALL = {"cnn": "mobilenet", "weights": None, "image_size": 32, "batch_size": 2}


@pytest.fixture(scope="module")
def vectorizer():
    return ImageVectorizer(**SMALL)


@pytest.fixture(scope="module")
def expected(vectorizer):
    """The vectors of `PICTURES` in the order of `IDS`."""
    return vectorizer.fit(Catalog(IDS), PICTURES, verbose=0).matrix


def write_pictures(folder, ids=IDS):
    for item_id, pixels in zip(ids, PICTURES, strict=True):
        tf.io.write_file(str(folder / f"{item_id}.png"), tf.io.encode_png(pixels))
    return {item_id: folder / f"{item_id}.png" for item_id in ids}


def test_vectors_are_the_networks_pooled_output(tmp_path):
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )
    for number, variable in enumerate(network.weights):
        rng = np.random.default_rng(number)
        if len(variable.shape) == 4:
            variable.assign(rng.normal(0, 0.3, variable.shape))
    network.save_weights(tmp_path / "mine.weights.h5")
    vectorizer = ImageVectorizer("mobilenet", tmp_path / "mine.weights.h5", image_size=32)
    features = vectorizer.fit(Catalog(IDS), PICTURES, verbose=0)
    pooled = np.array(network(PICTURES.astype(np.float32) / 127.5 - 1, training=False))
    assert not features.is_sparse
    assert features.matrix.shape == (7, 1024)
    assert pooled.std(axis=0).max() > 0.01
    np.testing.assert_allclose(
        features.matrix, pooled / np.linalg.norm(pooled, axis=1, keepdims=True), atol=1e-5
    )


def test_features_go_into_the_catalog(expected):
    np.testing.assert_allclose(np.linalg.norm(expected, axis=1), 1, rtol=1e-5)
    catalog = Catalog(IDS).with_features("image", expected)
    assert repr(catalog).endswith("features image (1,024)>")


@pytest.mark.parametrize("kind", ["folder", "dict"])
def test_files_give_the_same_as_an_array(vectorizer, expected, tmp_path, kind):
    paths = write_pictures(tmp_path)
    (tmp_path / "999.png").write_bytes(b"never read")
    catalog = Catalog(sorted(IDS))
    features = vectorizer.fit(catalog, tmp_path if kind == "folder" else paths, verbose=0)
    assert vectorizer.failed == []
    np.testing.assert_allclose(features.matrix, expected[np.argsort(IDS)], atol=1e-5)


def test_unreadable_and_missing_pictures_are_listed(vectorizer, expected, tmp_path, caplog):
    paths = write_pictures(tmp_path)
    paths[30].write_bytes(paths[30].read_bytes()[:100])
    paths[10].write_bytes(b"<html>404</html>")
    paths[20].unlink()
    del paths[40]
    with caplog.at_level(logging.WARNING):
        features = vectorizer.fit(Catalog(IDS), paths, verbose=0)
    assert [item_id for item_id, _ in vectorizer.failed] == [30, 10, 20, 40]
    reasons = dict(vectorizer.failed)
    assert reasons[40] == "no picture"
    assert "No such file" in reasons[20]
    assert all(reasons.values())
    assert "4 of 7 items have no picture that can be read" in caplog.text
    assert "item id 30" in caplog.text
    bad = np.isin(IDS, [30, 10, 20, 40])
    assert not features.matrix[bad].any()
    np.testing.assert_allclose(features.matrix[~bad], expected[~bad], atol=1e-5)
    catalog = Catalog(IDS).with_features("image", features)
    assert catalog.items_without_features("image").tolist() == [30, 10, 20, 40]


def test_a_stopped_run_goes_on(vectorizer, expected, tmp_path, monkeypatch):
    (tmp_path / "pictures").mkdir()
    paths, cache = write_pictures(tmp_path / "pictures"), tmp_path / "cache"
    num_batches = []

    def stop_after_two_batches(self, number):
        num_batches.append(number)
        if len(num_batches) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("tqdm.tqdm.update", stop_after_two_batches)
    with pytest.raises(KeyboardInterrupt):
        vectorizer.fit(Catalog(IDS), paths, cache=cache, verbose=0)
    # What was done is not read again: its files are gone.
    for item_id in IDS[:4]:
        paths[item_id].unlink()
    features = vectorizer.fit(Catalog(IDS), paths, cache=cache, verbose=0)
    assert num_batches == [2, 2, 2, 1]
    assert vectorizer.failed == []
    np.testing.assert_allclose(features.matrix, expected, atol=1e-5)
    # Nothing is left to do; the folder of pictures may even have lost some.
    paths.pop(IDS[0])
    np.testing.assert_array_equal(
        vectorizer.fit(Catalog(IDS), paths, cache=cache, verbose=0).matrix, features.matrix
    )
    assert num_batches == [2, 2, 2, 1]


def test_a_picture_that_failed_is_tried_again(vectorizer, expected, tmp_path):
    paths = write_pictures(tmp_path)
    good = paths[50].read_bytes()
    paths[50].write_bytes(b"")
    cache = tmp_path / "cache"
    for _ in range(2):
        vectorizer.fit(Catalog(IDS), paths, cache=cache, verbose=0)
        assert [item_id for item_id, _ in vectorizer.failed] == [50]
    paths[50].write_bytes(good)
    features = vectorizer.fit(Catalog(IDS), paths, cache=cache, verbose=0)
    assert vectorizer.failed == []
    np.testing.assert_allclose(features.matrix, expected, atol=1e-5)


def test_a_cache_of_other_settings(vectorizer, tmp_path):
    vectorizer.fit(Catalog(IDS), PICTURES, cache=tmp_path, verbose=0)
    with pytest.raises(ValueError, match=r"`cache` .*which differs in \['item_ids'\]"):
        vectorizer.fit(Catalog(IDS[::-1]), PICTURES, cache=tmp_path, verbose=0)
    with pytest.raises(ValueError, match=r"`cache` .*which differs in \['seed'\]"):
        ImageVectorizer(**SMALL, seed=1).fit(Catalog(IDS), PICTURES, cache=tmp_path, verbose=0)
    squeezing = ImageVectorizer(**SMALL, crop_to_aspect_ratio=False)
    with pytest.raises(ValueError, match=r"which differs in \['crop_to_aspect_ratio'\]"):
        squeezing.fit(Catalog(IDS), PICTURES, cache=tmp_path, verbose=0)


def test_the_middle_of_a_wide_picture_is_what_counts(vectorizer, expected, tmp_path):
    border = np.random.default_rng(1).integers(0, 256, (7, 32, 9, 3)).astype(np.uint8)
    wide = np.concatenate([border, PICTURES, border], axis=2)
    features = vectorizer.fit(Catalog(IDS), wide, verbose=0)
    np.testing.assert_allclose(features.matrix, expected, atol=1e-5)
    tf.io.write_file(str(tmp_path / "70.png"), tf.io.encode_png(wide[0]))
    features = vectorizer.fit(Catalog(IDS), tmp_path, verbose=0)
    np.testing.assert_allclose(features.matrix[0], expected[0], atol=1e-5)
    squeezing = ImageVectorizer(**SMALL, crop_to_aspect_ratio=False)
    squeezed = squeezing.fit(Catalog(IDS), wide, verbose=0).matrix
    assert np.abs(squeezed - expected).max() > 0.01


@pytest.mark.parametrize("verbose", [0, 2])
def test_the_progress_bar_is_asked_for(vectorizer, capsys, verbose):
    vectorizer.fit(Catalog(IDS), PICTURES, verbose=verbose)
    assert ("Reading pictures: 100%" in capsys.readouterr().err) == bool(verbose)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cnn": "vgg"}, r"`cnn` must be one of .*'mobilenet'.*Received: cnn='vgg'"),
        ({"weights": "no-such.h5"}, "`weights` must be .*Received: weights='no-such.h5'"),
        ({"image_size": 31}, "`image_size` must be at least 32. Received: image_size=31"),
        ({"batch_size": 0}, "`batch_size` must be at least 1. Received: batch_size=0"),
    ],
)
def test_unusable_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        ImageVectorizer(**changes)
