"""Snapshots of a training: the newest whole one is found."""

import numpy as np
import pytest

from keras_sessrec.training.snapshots import Snapshots

ARRAYS = {"weight": np.arange(2000, dtype=np.float32), "count": np.array(3)}


def written(tmp_path, numbers):
    snapshots = Snapshots(tmp_path / "backup")
    for number in numbers:
        snapshots.write({"number": number, "nan": float("nan")}, ARRAYS)
    return snapshots, sorted((tmp_path / "backup").iterdir())


def test_what_is_written_is_read(tmp_path):
    assert Snapshots(tmp_path / "backup").newest() is None
    written(tmp_path, [1])
    facts, arrays = Snapshots(tmp_path / "backup").newest()
    assert facts["number"] == 1 and np.isnan(facts["nan"])
    assert arrays.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], values)
        assert arrays[name].dtype == values.dtype


def test_two_generations_are_kept(tmp_path):
    snapshots, files = written(tmp_path, range(12))
    assert len(files) == 2
    assert snapshots.newest()[0]["number"] == 11
    snapshots.remove()
    assert not (tmp_path / "backup").exists()


def test_files_of_others_stay(tmp_path):
    snapshots, _ = written(tmp_path, [1])
    (tmp_path / "backup" / "notes.txt").write_text("mine")
    snapshots.remove()
    assert [p.name for p in (tmp_path / "backup").iterdir()] == ["notes.txt"]


def test_snapshots_in_folders_within_go_too(tmp_path):
    Snapshots(tmp_path / "backup" / "start" / "own").write({}, ARRAYS)
    (tmp_path / "backup" / "other").mkdir()
    (tmp_path / "backup" / "other" / "notes.txt").write_text("mine")
    Snapshots(tmp_path / "backup").remove()
    left = sorted(p.name for p in (tmp_path / "backup").rglob("*"))
    assert left == ["notes.txt", "other"]


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_bit_is_seen_and_the_one_before_is_taken(tmp_path, seed):
    """Or it lies where it changes nothing, in the archive's own notes."""
    snapshots, files = written(tmp_path, [1, 2])
    content = bytearray(files[-1].read_bytes())
    place = int(np.random.default_rng(seed).integers(len(content)))
    content[place] ^= 1 << (seed % 8)
    files[-1].write_bytes(content)
    facts, arrays = snapshots.newest()
    assert facts["number"] in (1, 2)
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], values)


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_a_cut_file_is_seen_and_the_one_before_is_taken(tmp_path, length):
    snapshots, files = written(tmp_path, [1, 2])
    files[-1].write_bytes(files[-1].read_bytes()[:length])
    assert snapshots.newest()[0]["number"] == 1
    snapshots.write({"number": 3}, ARRAYS)
    assert snapshots.newest()[0]["number"] == 3


def test_without_a_whole_one_the_error_names_them(tmp_path):
    snapshots, files = written(tmp_path, [1, 2])
    for path in files:
        path.write_bytes(b"PK")
    with pytest.raises(OSError, match=r"No snapshot can be read: .*000002.*000001.*Remove"):
        snapshots.newest()
