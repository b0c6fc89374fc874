"""Files that are whole or not there."""

import errno
import os
import resource
import signal
import subprocess
import sys

import pytest

from keras_sessrec.ops.whole_files import sync, whole_file


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    with whole_file(path) as beside:
        assert beside.parent == tmp_path and beside.suffix == ".keras"
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["model.keras"]


def test_two_that_write_the_same_file_do_not_meet(tmp_path):
    """The last one to end wins, and both files were whole."""
    path = tmp_path / "a.txt"
    with whole_file(path) as one, whole_file(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [KeyError("no"), KeyboardInterrupt()])
def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(error)), whole_file(path) as beside:
        beside.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path):
    path = tmp_path / "a.txt"
    with whole_file(path) as beside:
        beside.write_text("long, of a process that was killed")
    code = (
        "import os, signal, sys\n"
        "from keras_sessrec.ops.whole_files import whole_file\n"
        "with whole_file(sys.argv[1]) as beside:\n"
        "    beside.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, path], env=_environment())
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "long, of a process that was killed"
    assert len(os.listdir(tmp_path)) == 2
    with whole_file(path) as beside:
        beside.write_text("new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with (
            pytest.raises(OSError, match=r"a\.bin was not written: .*before is as it was") as found,
            whole_file(path) as beside,
        ):
            beside.write_bytes(bytes(5000))
        assert found.value.errno == errno.EFBIG
        with pytest.raises(OSError, match="was not written"), whole_file(path, size=5000):
            pytest.fail("There was no room, and that was asked first.")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "nowhere" / "a.txt"
    with (
        pytest.raises(OSError, match=r"nowhere/a\.txt was not written"),
        whole_file(path) as beside,
    ):
        beside.write_text("x")


def test_sync_of_a_folder_is_of_all_that_is_in_it_or_of_its_names(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("x")
    synced = []
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *more: synced.append(str(path)) or real(path, *more)
    )
    sync(tmp_path)
    assert sorted(synced) == [str(tmp_path), str(tmp_path / "in"), str(tmp_path / "in" / "a.txt")]
    synced.clear()
    sync(tmp_path, whole_folder=False)
    assert synced == [str(tmp_path)]


def _environment():
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
