"""Raw ids inside a graph."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.served import ODD_IDS
from keras_sessrec.serving.vocabulary import Vocabulary


@pytest.mark.parametrize("ids", [ODD_IDS, ["ü" * 300, "\u2028", "\x85", "\x00", " "]])
def test_strings_there_and_back(ids, tmp_path):
    vocabulary = Vocabulary(ksr.Catalog(ids), tmp_path)
    items = vocabulary.encode(tf.constant([[*ids], ids[::-1]])).numpy()
    places = np.arange(1, len(ids) + 1)
    np.testing.assert_array_equal(items, [places, places[::-1]])
    assert items.dtype == np.int32
    assert [i.decode() for i in vocabulary.decode(places).numpy()] == ids


def test_integers_there_and_back(tmp_path):
    ids = [7, 0, -2, 2**63 - 1, -(2**63), 10**12]
    vocabulary = Vocabulary(ksr.Catalog(ids), tmp_path)
    assert vocabulary.dtype == tf.int64 and vocabulary.padding == -1
    assert vocabulary.encode(np.array(ids)).numpy().tolist() == [1, 2, 3, 4, 5, 6]
    assert vocabulary.decode([[6, 0], [2, 5]]).numpy().tolist() == [[10**12, -1], [0, -(2**63)]]


def test_unknown_ids_and_padding_are_item_0(tmp_path):
    text = Vocabulary(ksr.Catalog(["tea", "cup"]), tmp_path)
    assert text.encode([["", "Tea", "tea ", "cup"]]).numpy().tolist() == [[0, 0, 0, 2]]
    assert text.decode([0, 2]).numpy().tolist() == [b"", b"cup"]
    numbers = Vocabulary(ksr.Catalog([3, 5]), tmp_path)
    assert numbers.encode([-1, 4, 5]).numpy().tolist() == [0, 0, 2]
    assert numbers.encode(np.zeros((2, 0), np.int64)).shape == (2, 0)


def test_the_file_has_one_id_a_line(tmp_path):
    Vocabulary(ksr.Catalog(["a\tb", "ü"]), tmp_path)
    (path,) = pathlib.Path(tmp_path).rglob("items.txt")
    assert path.read_bytes() == "a\tb\nü\n".encode()


def test_two_vocabularies_of_one_folder_do_not_share_a_table(tmp_path):
    first = Vocabulary(ksr.Catalog(["tea"]), tmp_path)
    second = Vocabulary(ksr.Catalog(["cup", "tea"]), tmp_path)
    assert first.encode(["tea"]).numpy().tolist() == [1]
    assert second.encode(["tea"]).numpy().tolist() == [2]


@pytest.mark.parametrize("item_id", ["a\nb", "a\r"])
def test_an_id_that_does_not_fit_a_line_is_an_error(item_id, tmp_path):
    with pytest.raises(ValueError, match=r"line break.*Received"):
        Vocabulary(ksr.Catalog(["tea", item_id]), tmp_path)


def test_padding_as_an_id_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="`model` must have no item whose id is -1: it stands"):
        Vocabulary(ksr.Catalog([5, -1]), tmp_path)


@pytest.mark.parametrize("seed", range(6))
def test_a_file_that_was_damaged_or_cut_does_not_load(tmp_path, seed):
    """It would answer with other items; also where TensorFlow Serving's loader reads it."""
    vocabulary = Vocabulary(ksr.Catalog([f"item-{i}" for i in range(50)]), tmp_path)
    module = tf.Module()
    module.vocabulary = vocabulary
    spec = tf.TensorSpec([None], tf.string, name="ids")
    encode = tf.function(vocabulary.encode, input_signature=[spec])
    folder = tmp_path / "1"
    tf.saved_model.save(module, str(folder), signatures=encode.get_concrete_function())
    path = folder / "assets" / "items.txt"
    content, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    if seed % 2:
        content = content[: rng.integers(len(content))]
    else:
        content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    assert tf.saved_model.load(str(folder)).signatures["serving_default"] is not None
    path.write_bytes(content)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"items.txt.*not the file"):
        tf.saved_model.load(str(folder))
    graph = tf.Graph()
    with (
        graph.as_default(),
        tf.compat.v1.Session(graph=graph) as session,
        pytest.raises(tf.errors.InvalidArgumentError),
    ):
        tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
