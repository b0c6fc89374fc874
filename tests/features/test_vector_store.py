import resource

import numpy as np
import pytest

from keras_sessrec.features.vector_store import VectorStore

SETTINGS = {"cnn": "mobilenet", "size": 32}


def test_in_memory():
    store = VectorStore((3, 2), SETTINGS)
    store.write(np.array([2, 0]), np.array([[1, 2], [3, 4]], np.float32))
    assert store.done.tolist() == [True, False, True]
    assert store.matrix().tolist() == [[3, 4], [0, 0], [1, 2]]
    assert store.matrix().dtype == np.float32


def test_a_folder_keeps_what_was_written(tmp_path):
    folder = tmp_path / "a" / "b"
    VectorStore((3, 2), SETTINGS, folder).write([1], [[5, 6]])
    again = VectorStore((3, 2), SETTINGS, str(folder))
    assert again.done.tolist() == [False, True, False]
    matrix = again.matrix()
    again.write([0], [[7, 8]])
    assert matrix.tolist() == [[0, 0], [5, 6], [0, 0]]
    assert VectorStore((3, 2), SETTINGS, folder).matrix().tolist() == [[7, 8], [5, 6], [0, 0]]


def test_a_folder_without_settings_starts_anew(tmp_path):
    VectorStore((3, 2), SETTINGS, tmp_path).write([1], [[5, 6]])
    (tmp_path / "settings.json").unlink()  # As if killed while the files were made.
    (tmp_path / "vectors.npy").write_bytes(b"half")
    store = VectorStore((3, 2), SETTINGS, tmp_path)
    assert not store.done.any()
    assert not store.matrix().any()


@pytest.mark.parametrize(
    ("shape", "settings", "other"),
    [
        ((3, 4), SETTINGS, r"\['shape'\]"),
        ((3, 2), {**SETTINGS, "size": 64}, r"\['size'\]"),
        ((3, 2), {"cnn": "resnet50"}, r"\['cnn', 'size'\]"),
    ],
)
def test_a_folder_of_other_settings(tmp_path, shape, settings, other):
    VectorStore((3, 2), SETTINGS, tmp_path)
    with pytest.raises(ValueError, match=f"`cache` must be .*which differs in {other}"):
        VectorStore(shape, settings, tmp_path)


@pytest.mark.parametrize("name", ["vectors.npy", "done.npy", "settings.json"])
@pytest.mark.parametrize("left", [0, 30])
def test_a_cut_file_is_named(tmp_path, name, left):
    VectorStore((300, 2), SETTINGS, tmp_path / "cache")
    path = tmp_path / "cache" / name
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(ValueError, match=r"`cache` must hold whole files.*cache', which was damag"):
        VectorStore((300, 2), SETTINGS, tmp_path / "cache")


def test_without_room_for_all_vectors_nothing_begins(tmp_path):
    """A file with holes would end the process by SIGBUS when they are filled."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"vectors\.npy"):
            VectorStore((1000, 100), {}, tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store = VectorStore((1000, 100), {}, tmp_path / "cache")
    blocks = (tmp_path / "cache" / "vectors.npy").stat().st_blocks * 512
    assert blocks >= store.vectors.nbytes, "no holes"
